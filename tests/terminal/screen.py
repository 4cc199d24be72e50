"""A terminal of a few words: what it is sent is put on a screen as a real one would do it."""
import codecs
import os
import pty
import re
import select
import struct
import fcntl
import termios
import time

TOKEN = re.compile(r"\x1b\[(\d*)([AJK])|([\r\n])|([^\x00-\x1f\x7f]+)")


class Screen:
    """Rows that have scrolled away are in `history`. A sequence that it does not know is an error."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.lines, self.history = [""] * rows, []
        self.row = self.column = 0
        self.rest = ""

    def feed(self, text):
        text = self.rest + text
        at = 0
        while at < len(text):
            found = TOKEN.match(text, at)
            if not found or found.end() == len(text) and text[at] == "\x1b" and not found[2]:
                break
            self.obey(found)
            at = found.end()
        self.rest = text[at:]
        if len(self.rest) > 8:
            raise ValueError(f"not known: {self.rest[:20]!r}")

    def obey(self, token):
        number, order, move, words = token.groups()
        if order == "A":
            self.row = max(0, self.row - int(number or 1))
        elif order:
            self.lines[self.row] = self.lines[self.row][:self.column]
            if order == "J":
                self.lines[self.row + 1:] = [""] * (self.rows - self.row - 1)
        elif move == "\r":
            self.column = 0
        elif move:
            self.down()
        else:
            self.write(words)

    def down(self):
        if self.row + 1 < self.rows:
            self.row += 1
            return
        self.history.append(self.lines.pop(0))
        self.lines.append("")

    def write(self, words):
        for character in words:
            if self.column == self.columns:
                self.down()
                self.column = 0
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[:self.column] + character + line[self.column + 1:]
            self.column += 1

    def all_lines(self):
        return [line.rstrip() for line in self.history + self.lines]

    def text(self):
        return "\n".join(self.all_lines()).rstrip() + "\n"


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, words, rows=24, columns=80, folder=".", **environment):
        self.screen = Screen(rows, columns)
        self.bytes = b""
        self.decode = codecs.getincrementaldecoder("utf-8")()
        self.frames = []  # the screen after each piece of output
        around = {key: value for key, value in os.environ.items()
                  if key not in ("CI", "COLUMNS", "LINES", "NO_COLOR", "LANG") and not key.startswith("LC_")}
        around.update({"TERM": "xterm", "LC_ALL": "C.UTF-8", "HEDDLE_NO_LOCK": "1"}, **environment)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.chdir(folder)
                os.execve(words[0], words, around)
            finally:
                os._exit(127)

    def read(self, seconds):
        """False at the end."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            piece = os.read(self.fd, 65536)
        except OSError:  # Linux says so of a terminal that nobody has open
            piece = b""
        self.bytes += piece
        self.look(piece)
        return bool(piece)

    def look(self, piece):
        self.screen.feed(self.decode.decode(piece))
        self.frames.append(self.screen.text())

    def wait_for(self, words, seconds=30):
        end = time.monotonic() + seconds
        while words not in self.screen.text():
            if time.monotonic() > end or not self.read(0.1):
                raise AssertionError(f"no {words!r} on the screen:\n{self.screen.text()}")

    def type(self, keys):
        os.write(self.fd, keys)

    def finish(self, seconds=60):
        """The exit code once the program has ended and all that it wrote was read."""
        end = time.monotonic() + seconds
        while self.read(0.1):
            if time.monotonic() > end:
                raise AssertionError(f"it does not end:\n{self.screen.text()}")
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
