"""The scalability fit, as `heddle fit --json` says it. Nothing is fitted here."""
import os
import shutil


def program():
    """The heddle that asked for the figures, else the one of the build tree, else PATH's; None where there is none."""
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    for path in (os.environ.get("HEDDLE"), os.path.join(top, "build", "release", "bin", "heddle")):
        if path and os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return shutil.which("heddle")


class NoFits:
    """Where there is nobody to ask."""

    def of(self, _row):
        return None


def fits_of(paths, documents):
    return NoFits()
