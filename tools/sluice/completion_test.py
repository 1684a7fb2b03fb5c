#!/usr/bin/python3
"""completion_test.py SLUICE: a real bash and a real zsh complete command lines of the real binary.

A shell runs at a terminal of its own. What is typed ends with keys that complete, and with a key that prints the line.
"""

import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import termios
import time
import unittest

SLUICE = pathlib.Path(sys.argv.pop(1)).absolute()
SECONDS = 60
PRINT_LINE = "\x14"  # Ctrl-T
CLEAR_LINE = "\x15"  # Ctrl-U
INSERT_ALL = "\x0b"  # Ctrl-K

# Names with a space must come out as one word.
FILES = ("sluice.yaml", "sluice other.yaml", "folder/inner.yaml")


def sluice(*arguments):
    return subprocess.run([SLUICE, *arguments], check=True, capture_output=True, encoding="utf-8").stdout


class Shell:
    """A shell at a terminal, in a folder with FILES. The line being typed comes out of a pipe of its own."""

    def __init__(self, program, environment, startup):
        self.folder = tempfile.TemporaryDirectory(prefix="completion-", dir="/tmp")
        for name in FILES:
            path = pathlib.Path(self.folder.name) / name
            path.parent.mkdir(exist_ok=True)
            path.touch()
        self.master, terminal = pty.openpty()
        # A shell sets its terminal back now and then; no key may mean something to the terminal then.
        settings = termios.tcgetattr(terminal)
        settings[3] &= ~(termios.ECHO | termios.ISIG | termios.IEXTEN)
        settings[6][termios.VKILL] = settings[6][termios.VEOF] = b"\0"
        termios.tcsetattr(terminal, termios.TCSANOW, settings)
        termios.tcsetwinsize(terminal, (50, 250))
        self.lines, written = os.pipe()
        self.process = subprocess.Popen(
            program, stdin=terminal, stdout=terminal, stderr=terminal, cwd=self.folder.name, start_new_session=True,
            pass_fds=[written], env={
                "PATH": "/usr/bin:/bin", "TERM": "dumb", "HOME": self.folder.name, "LC_ALL": "C.UTF-8",
                "LINES_TO": str(written), **environment})
        os.close(terminal)
        os.close(written)
        self.printed = b""
        self.shown = b""
        self.type(startup + "\necho ready >&$LINES_TO\n")
        self.wait_for("ready")

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.lines)
        self.folder.cleanup()

    def type(self, text):
        os.write(self.master, text.encode())

    def line(self):
        """The next line that comes out of the pipe."""
        end = time.monotonic() + SECONDS
        while b"\n" not in self.printed:
            ready = select.select([self.master, self.lines], [], [], max(end - time.monotonic(), 0))[0]
            if not ready:
                raise AssertionError(f"the shell does not go on; it shows {self.shown!r}")
            if self.lines in ready:
                self.printed += os.read(self.lines, 65536)
            # What it shows is read too, or it would wait for that.
            if self.master in ready:
                self.shown += os.read(self.master, 65536)
        line, _, self.printed = self.printed.partition(b"\n")
        return line.decode()

    def wait_for(self, line):
        said = self.line()
        if said != line:
            raise AssertionError(f"{said!r} instead of {line!r}; the shell shows {self.shown!r}")

    def line_after(self, typed, key):
        """The line after this key was pressed behind what was typed."""
        self.type(CLEAR_LINE + typed + key + PRINT_LINE)
        return self.line()

    def complete(self, typed):
        return self.line_after(typed, "\t")

    def offers(self, typed):
        """Everything that may stand there."""
        return self.line_after(typed, INSERT_ALL)[len(typed.rpartition(" ")[0]):].split()


class Bash(Shell):
    def __init__(self, script):
        super().__init__(
            ["/bin/bash", "--norc", "--noprofile", "-i"], {"INPUTRC": "/dev/null"},
            "bind -x '\"\\C-t\": printf \"%s\\n\" \"$READLINE_LINE\" >&$LINES_TO'; "
            f"bind '\"\\C-k\": insert-completions'; source '{script}'")


class Zsh(Shell):
    def __init__(self, script):
        super().__init__(
            ["/usr/bin/zsh", "-f", "-i"], {},
            "unset zle_bracketed_paste; unsetopt beep; autoload -Uz compinit; compinit -u -D; "
            "print-line() { print -r -u $LINES_TO -- \"$BUFFER\" }; zle -N print-line; bindkey '^T' print-line; "
            "bindkey '^U' kill-whole-line; zle -C insert-all complete-word _generic; bindkey '^K' insert-all; "
            f"zstyle ':completion:insert-all:*' completer _all_matches _complete; zstyle ':completion:insert-all:*' insert true; source '{script}'")


class CompletionContract:
    """What both shells have to do."""

    @classmethod
    def setUpClass(cls):
        cls.scripts = tempfile.TemporaryDirectory(prefix="completion-", dir="/tmp")
        script = pathlib.Path(cls.scripts.name) / "script"
        script.write_text(sluice("completion", cls.name), encoding="utf-8")
        cls.shell = cls.kind(script)

    @classmethod
    def tearDownClass(cls):
        cls.shell.close()
        cls.scripts.cleanup()

    def check_line(self, typed, expected):
        self.assertEqual(self.shell.complete(typed).rstrip(), expected)

    def check_offers(self, typed, expected):
        self.assertEqual(sorted(self.shell.offers(typed)), sorted(expected))

    def test_completes_commands(self):
        self.check_line("sluice vali", "sluice validate")
        self.check_line("sluice dead-letters re", "sluice dead-letters redrive")
        self.check_offers("sluice log ", ["export", "inspect", "repair", "verify"])
        self.check_offers("sluice completion ", ["bash", "zsh"])

    def test_offers_every_command(self):
        listed = re.search(r"Subcommands:\n((?:  .*\n)+)", sluice("--help"))[1]
        names = re.findall(r"^  (\S+)", listed, re.MULTILINE)
        self.assertGreater(len(names), 15)
        self.check_offers("sluice ", names)

    def test_offers_every_option(self):
        for command in ("run", "status", "config apply", "dead-letters list", "sandbox"):
            listed = re.search(r"Options:\n((?:  .*\n)+)", sluice(*command.split(), "--help"))[1]
            names = re.findall(r"^  ((?:-\S+?)(?:,-\S+)*)(?: |$)", listed, re.MULTILINE)
            wanted = {one for name in names for one in name.split(",") if one.startswith("--")}
            self.assertGreater(len(wanted), 3)
            self.check_offers(f"sluice {command} --", wanted | {"--log-level"})

    def test_completes_options_and_their_values(self):
        self.check_line("sluice run --until-f", "sluice run --until-finished")
        self.check_line("sluice status --output js", "sluice status --output json")
        self.check_line("sluice status --output=js", "sluice status --output=json")
        self.check_line("sluice status --log-level war", "sluice status --log-level warning")
        self.check_offers("sluice status --output ", ["json", "text"])

    def test_passes_over_options_on_the_way(self):
        self.check_line("sluice --log-level error vali", "sluice --log-level error validate")
        self.check_line("sluice log --log-level=error ver", "sluice log --log-level=error verify")
        self.check_line("sluice status --admin log --out", "sluice status --admin log --output")
        # What looks like a command is the value of the option before it.
        self.check_line("sluice log inspect --log-level run ", "sluice log inspect --log-level run folder/")

    def test_completes_files_and_folders(self):
        self.check_line("sluice run sluice.", "sluice run sluice.yaml")
        self.check_line("sluice run --config sluice.", "sluice run --config sluice.yaml")
        self.check_line("sluice run -c folder/in", "sluice run -c folder/inner.yaml")
        self.check_line("sluice validate sluice\\ ", "sluice validate sluice\\ other.yaml")
        self.check_line("sluice log inspect ", "sluice log inspect folder/")
        self.check_line("sluice status --data-dir f", "sluice status --data-dir folder/")

    def test_offers_nothing_where_anything_may_stand(self):
        self.check_line("sluice run --grace ", "sluice run --grace")
        self.check_line("sluice pipelines pause ", "sluice pipelines pause")
        # One configuration is all that `run` takes.
        self.check_line("sluice run sluice.yaml sluice.", "sluice run sluice.yaml sluice.")

    def test_helps_with_help(self):
        self.check_line("sluice help dead-l", "sluice help dead-letters")
        self.check_line("sluice help log insp", "sluice help log inspect")


class BashTest(CompletionContract, unittest.TestCase):
    name, kind = "bash", Bash


class ZshTest(CompletionContract, unittest.TestCase):
    name, kind = "zsh", Zsh

    def test_is_found_in_fpath(self):
        folder = pathlib.Path(self.scripts.name) / "fpath"
        folder.mkdir()
        (folder / "_doorbells").write_text(sluice("completion", "zsh", "--program", "doorbells"), encoding="utf-8")
        startup = pathlib.Path(self.scripts.name) / "startup"
        startup.write_text(f"fpath=({folder} $fpath)\ncompinit -u -D\n", encoding="utf-8")
        shell = Zsh(startup)
        try:
            self.assertEqual(shell.complete("doorbells vali").rstrip(), "doorbells validate")
            self.assertEqual(shell.complete("doorbells log ver").rstrip(), "doorbells log verify")
        finally:
            shell.close()


class ProgramTest(unittest.TestCase):
    def test_another_name_is_completed(self):
        script = sluice("completion", "bash", "--program", "door-bells")
        self.assertIn("complete -F _door-bells door-bells\n", script)
        self.assertNotIn("sluice", re.sub(r"[^\n]*:[^\n]*", "", script.split("case")[0]))

    def test_a_name_that_is_none_is_refused(self):
        for name in ("a b", "$(touch x)", "-x"):
            result = subprocess.run(
                [SLUICE, "completion", "bash", f"--program={name}"], check=False, capture_output=True, encoding="utf-8")
            self.assertEqual((result.returncode, result.stdout), (2, ""), name)


if __name__ == "__main__":
    unittest.main()
