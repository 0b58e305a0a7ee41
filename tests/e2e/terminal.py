"""A terminal as a program sees one."""

import fcntl
import os
import pty
import struct
import termios
import threading

from programs import STOP_S


class Terminal:
    """One of `columns`; what is written to it is kept."""

    def __init__(self, columns=80):
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.written = b""
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        try:
            while piece := os.read(self.ours, 4096):
                self.written += piece
        except OSError:
            pass  # nobody has it any more

    def text(self):
        return self.written.decode().replace("\r\n", "\n")

    def close(self):
        os.close(self.theirs)
        self.reader.join(STOP_S)
        os.close(self.ours)
