# What `git describe` says of the checkout SOURCE, as a C file FILE: written only where it has changed, so that
# a commit compiles one small file. Outside a checkout, in an archive within somebody's own, it is "".
set(revision "")
if(EXISTS ${SOURCE}/.git)
  execute_process(COMMAND git describe --always --tags --dirty WORKING_DIRECTORY ${SOURCE}
                  OUTPUT_VARIABLE revision ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
string(REGEX REPLACE "[^A-Za-z0-9._+/-]" "_" revision "${revision}")
set(text "#include \"build.h\"\nconst char build_revision[] = \"${revision}\";\n")
set(before "")
if(EXISTS ${FILE})
  file(READ ${FILE} before)
endif()
if(NOT before STREQUAL text)
  file(WRITE ${FILE} "${text}")
endif()
