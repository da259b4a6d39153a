"""What happens at a terminal: questions, the keyboard's signals, and whose it is afterwards.

Each case has a terminal of its own, and bash there as its user has it. Started by test_terminal.sh, in its folder."""
import os
import pty
import re
import select
import signal
import sys
import time

ACCELERATE, PYTHON = sys.argv[1:3]
LIMIT = 60  # seconds, for what comes at once unless it never does


class Terminal:
    """Programs see what is typed; what they write comes without the lines that were echoed."""

    def __init__(self, *words):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(PS1="", PROMPT_COMMAND="", TERM="dumb", ACCELERATE=ACCELERATE, PYTHON=PYTHON)
            os.execvp(words[0], words)
        self.seen = ""

    def read(self, seconds):
        if not select.select([self.fd], [], [], max(0, seconds))[0]:
            return False
        try:
            self.seen += os.read(self.fd, 65536).decode(errors="replace")
        except OSError:  # nobody has it open any more
            time.sleep(0.01)
        return True

    def until(self, pattern):
        """Waits for it, and forgets what came up to its end."""
        end = time.monotonic() + LIMIT
        while not (found := re.search(pattern, self.seen)):
            assert time.monotonic() < end, f"never came: {pattern}; but {self.seen[-600:]!r}"
            self.read(end - time.monotonic())
        self.seen = self.seen[found.end():]
        return found

    def type(self, text):
        os.write(self.fd, text.encode())

    def run(self, line):
        self.type(line + "\n")

    def status(self, expected):
        """The shell is there, and this is how the last command ended. The echo of the question is no answer."""
        self.run("echo status'='$?.")
        found = self.until(r"status=(\d+)\.")
        assert int(found[1]) == expected, f"exit status {found[1]}, expected {expected}"

    def close(self):
        """The shell ends, and with it whoever it has."""
        os.close(self.fd)
        await_that(lambda: os.waitpid(self.pid, os.WNOHANG)[0] == self.pid, "the shell ends")


def shell():
    terminal = Terminal("bash", "--norc", "--noprofile", "--noediting", "-i")
    terminal.run("stty -echo; bind 'set enable-bracketed-paste off' 2>/dev/null; echo rea''dy")
    terminal.until("ready")
    return terminal


def await_that(condition, what):
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.01)


def state(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "gone"


def name_of(pid):
    with open(f"/proc/{pid}/comm") as file:
        return file.read().strip()


def is_gone(pid):
    return state(pid) in ("gone", "Z", "X")


def await_states(pids, wanted):
    for pid in pids:
        await_that(lambda: state(pid) in wanted, f"process {pid} is {state(pid)}, not one of {wanted}")


def in_the_foreground(terminal, pids):
    """What is typed before is flushed by a key that interrupts."""
    await_that(lambda: os.tcgetpgrp(terminal.fd) == os.getpgid(pids[0]), "the launch is in the foreground")
    await_states(pids, "RS")


def file_of(name, text):
    with open(name, "w") as file:
        file.write(text)


def pids_of(*names):
    """The numbers that processes wrote into these files, once they did; the files go."""
    pids = []
    for name in names:
        await_that(lambda: os.path.exists(name) and open(name).read().endswith("\n"), f"{name} is written")
        pids.append(int(open(name).read()))
        os.remove(name)
    return pids


SCRIPTS = {
    "ask.sh": 'read -p "name? " a; echo "rank ${RANK-none} read <$a>: $?"',
    "begin.sh": "[ ${RANK-0} = 1 ] || echo $PPID >launcher; echo $$ >pid.${RANK-0}",
    "stay.sh": ". ./begin.sh; exec sleep 1000",
    "read.sh": '. ./begin.sh; read a; echo "read: $?"; exec sleep 1000',
    "ask_later.sh": '. ./begin.sh; until [ -e ask ]; do sleep 0.05; done; read a; echo "rank ${RANK-0} <$a>"',
    "stubborn.sh": "trap 'echo $$ >got.$RANK' TERM; . ./begin.sh; until [ -e end ]; do sleep 0.05; done",
    "outer.sh": "trap 'exit 0' TERM; echo $PPID >launcher; bash inner.sh; echo not this",
    "inner.sh": "echo $$ >pid.0; while :; do sleep 0.05; done",
    "debug.py": """import os
if os.environ.get("RANK", "0") == "0":
    breakpoint()
print("the end")
""",
    "count.py": """import os, signal, sys, time
told = 0
def count(*ignored):
    global told
    told += 1
    os.write(1, f"told {told}\\n".encode()) # in one piece
signal.signal(signal.SIGINT, count)
os.write(1, b"ready\\n")
while not os.path.exists("end"):
    time.sleep(0.01)
open("told." + os.environ.get("RANK", "0"), "w").write(f"{told}\\n")
sys.exit(int(sys.argv[1]))
""",
    "take.py": """import os, signal, subprocess, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "1000"], preexec_fn=os.setpgrp)
os.tcsetpgrp(0, child.pid) # as a debugger does
open("launcher", "w").write(f"{os.getppid()}\\n")
if sys.argv[1] == "end":
    os._exit(3)
signal.pause()
""",
}
LAUNCH = "$ACCELERATE launch "
TWO = LAUNCH + "--num_processes 2 "


def a_question_is_answered():
    for words in (("bash", "-c", LAUNCH + "bash ask.sh"), ("bash", "-c", LAUNCH + "bash ask.sh; exit $?")):
        terminal = Terminal(*words)
        terminal.until(r"name\? ")
        terminal.run("Ada")
        terminal.until("rank none read <Ada>: 0")
        terminal.close()
    terminal = shell()
    terminal.run(TWO + "bash ask.sh")
    terminal.until("rank 1 read <>: 1")
    terminal.run("Ada")
    terminal.until("rank 0 read <Ada>: 0")
    terminal.status(0)
    terminal.run(LAUNCH + "--max_restarts 1 bash -c 'read a; echo \"<$a>\"; exit $TORCHELASTIC_RESTART_COUNT'")
    terminal.run("again")
    terminal.until("<again>")
    terminal.status(0)
    terminal.close()


def others_cannot_open_it():
    terminal = shell()
    terminal.run("stty tostop") # whoever writes in the background stops, unless it is none of the terminal's
    terminal.run(TWO + "bash -c '[ $RANK = 0 ] || { echo here; read a </dev/tty; echo \"read: $?\"; }'")
    terminal.until("here")
    terminal.until("read: 1")
    terminal.status(0)
    terminal.run("echo hello | " + LAUNCH + "bash -c 'read a; read b </dev/tty; echo \"<$a>: $?\"'")
    terminal.until("<hello>: 1")
    terminal.close()


def a_debugger_works():
    terminal = shell()
    for launch in (LAUNCH, TWO):
        terminal.run(launch + "--cpu debug.py")
        terminal.until(r"\(Pdb\) ")
        terminal.run("p 6 * 7")
        terminal.until("42")
        if launch == LAUNCH:
            terminal.until(r"\(Pdb\) ")
            for _ in range(LIMIT): # Python does not see one that comes between its prompt and its reading
                terminal.type("\x03")
                terminal.read(1)
                if "KeyboardInterrupt" in terminal.seen:
                    break
            terminal.until("KeyboardInterrupt")
        terminal.until(r"\(Pdb\) ")
        terminal.run("c")
        terminal.until("the end")
        terminal.status(0)
    terminal.close()


def the_keyboard_interrupts():
    terminal = shell()
    for key, number, name in (("\x03", 2, "INT"), ("\x1c", 3, "QUIT")):
        for launch, files in ((LAUNCH, ["pid.0"]), (TWO, ["pid.0", "pid.1"])):
            terminal.run(launch + "--max_restarts 3 bash stay.sh")
            pids = pids_of("launcher", *files)
            for pid in pids[1:]: # bash ignores one of the keys
                await_that(lambda: name_of(pid) == "sleep", "it sleeps")
            terminal.type(key)
            terminal.until(rf"accelerate: stopped by signal {number} \(SIG{name}\)")
            terminal.status(128 + number)
            assert all(map(is_gone, pids)), "somebody is left"
    terminal.close()


def each_is_interrupted_once():
    terminal = shell()
    terminal.run(TWO + "$PYTHON count.py 0")
    for _ in range(2):
        terminal.until("ready")
    terminal.type("\x03")
    for _ in range(2):
        terminal.until("told 1")
    time.sleep(0.1) # for one too many
    file_of("end", "")
    assert pids_of("told.0", "told.1") == [1, 1]
    os.remove("end")
    terminal.status(0)
    terminal.close()


def one_process_answers_itself():
    terminal = shell()
    for code, line in ((0, ""), (3, r"accelerate: process 0 \(pid \d+\) exited with code 3")):
        terminal.run(LAUNCH + f"--max_restarts 1 --shutdown_timeout 0.1 $PYTHON count.py {code}")
        terminal.until("ready")
        for told in (1, 2, 3):
            terminal.type("\x03")
            terminal.until(f"told {told}")
        time.sleep(0.3) # longer than the timeout, which does not run
        file_of("end", "")
        assert pids_of("told.0") == [3]
        os.remove("end")
        terminal.until(line)
        terminal.status(code)
    terminal.close()


def stops_and_goes_on():
    terminal = shell()
    for launch, files in ((LAUNCH, ["pid.0"]), (TWO, ["pid.0", "pid.1"])):
        terminal.run(launch + "bash stay.sh")
        pids = pids_of("launcher", *files)
        for _ in range(2):
            terminal.type("\x1a")
            terminal.until("Stopped")
            await_states(pids, "T")
            terminal.status(148)
            terminal.run("fg")
            in_the_foreground(terminal, pids)
        os.kill(pids[0], signal.SIGTSTP) # as another terminal sends it
        terminal.until("Stopped")
        await_states(pids, "T")
        terminal.run("bg")
        await_states(pids, "RS")
        terminal.run("fg")
        in_the_foreground(terminal, pids)
        terminal.type("\x03")
        terminal.until(r"accelerate: stopped by signal 2 \(SIGINT\)")
        terminal.status(130)
        assert all(map(is_gone, pids))
    terminal.close()


def deadlines_stop_too():
    terminal = shell()
    terminal.run(TWO + "--shutdown_timeout 1.5 bash stubborn.sh")
    launcher, *pids = pids_of("launcher", "pid.0", "pid.1")
    os.kill(launcher, signal.SIGTERM)
    pids_of("got.0", "got.1")
    terminal.type("\x1a")
    terminal.until("Stopped")
    await_states([launcher, *pids], "T")
    time.sleep(2)
    file_of("end", "")
    terminal.run("fg")
    terminal.status(0)
    os.remove("end")
    terminal.close()


def tells_of_who_was_stopped_alone():
    terminal = shell()
    terminal.run(TWO + "bash stay.sh")
    launcher, *pids = pids_of("launcher", "pid.0", "pid.1")
    for rank in (0, 1):
        os.kill(pids[rank], signal.SIGSTOP)
        terminal.until(rf"process {rank} \(pid {pids[rank]}\) was stopped by signal 19 \(SIGSTOP\)")
    os.kill(launcher, signal.SIGCONT)
    await_states(pids, "RS")
    terminal.type("\x03")
    terminal.until("stopped by signal 2")
    terminal.close()


def in_the_background():
    terminal = shell()
    terminal.run(TWO + "bash read.sh &")
    pids = pids_of("launcher", "pid.0", "pid.1")
    for _ in range(2):
        terminal.until("read: 1")
    terminal.status(0)
    terminal.run("fg")
    in_the_foreground(terminal, pids)
    terminal.type("\x1a")
    terminal.until("Stopped")
    await_states(pids, "T")
    terminal.run("fg")
    in_the_foreground(terminal, pids)
    terminal.type("\x03")
    terminal.until("stopped by signal 2")
    terminal.status(130)
    # In the foreground first, it asks when it is in the background.
    for launch, files in ((LAUNCH, ["pid.0"]), (TWO, ["pid.0", "pid.1"])):
        terminal.run(launch + "bash ask_later.sh")
        pids = pids_of("launcher", *files)
        terminal.type("\x1a")
        terminal.until("Stopped")
        terminal.run("bg")
        await_states(pids, "RS")
        file_of("ask", "")
        await_states(pids[:2], "T")
        terminal.run("")
        terminal.until("Stopped")
        terminal.run("echo still he''re")
        terminal.until("still here")
        terminal.run("fg")
        in_the_foreground(terminal, pids[:2])
        terminal.run("Ada")
        terminal.until("rank 0 <Ada>")
        terminal.status(0)
        os.remove("ask")
    terminal.close()


def it_is_given_back():
    terminal = shell()
    sane = "stty -a | grep -q '[^-]icanon' && echo sa''ne"
    for line, status in (("true", 0), ("false", 1), ("bash -c 'stty raw; kill -KILL $$'", 137)):
        for launch in (LAUNCH, TWO, LAUNCH + "--max_restarts 1 "):
            terminal.run(launch + line)
            terminal.status(status)
            terminal.run(sane)
            terminal.until("sane")
    # To who knows nothing of job control, too.
    after = "; echo stat''us=$?.; read a; echo \"<$a>\"'"
    terminal.run("bash -c '" + LAUNCH + "$PYTHON take.py end" + after)
    pids_of("launcher")
    terminal.until(r"status=3\.")
    terminal.run("Ada")
    terminal.until("<Ada>")
    terminal.run("bash -c '" + LAUNCH + "--shutdown_timeout 0.1 $PYTHON take.py stay" + after)
    [launcher] = pids_of("launcher")
    os.kill(launcher, signal.SIGTERM)
    terminal.until(r"status=143\.")
    terminal.run("Ada")
    terminal.until("<Ada>")
    # When the launcher is killed.
    for launch, files in ((LAUNCH, ["pid.0"]), (TWO, ["pid.0", "pid.1"])):
        terminal.run(launch + "bash stay.sh")
        launcher, *pids = pids_of("launcher", *files)
        os.kill(launcher, signal.SIGKILL)
        terminal.status(137)
        await_states(pids, ("gone", "Z", "X"))
        terminal.run("bash -c '" + launch + "bash stay.sh" + after)
        launcher, *pids = pids_of("launcher", *files)
        os.kill(launcher, signal.SIGKILL)
        terminal.until(r"status=137\.")
        terminal.run("Ada")
        terminal.until("<Ada>")
        await_states(pids, ("gone", "Z", "X"))
    terminal.close()


def neighbours_are_left_alone():
    terminal = shell()
    # The process and what it started, for which it waits, and not who shares the terminal.
    terminal.run("bash -c '" + LAUNCH + "--shutdown_timeout 1000 bash outer.sh | { cat; echo neighbour; }; echo parent'")
    launcher, inner = pids_of("launcher", "pid.0")
    os.kill(launcher, signal.SIGTERM)
    found = terminal.until(r"[^\n]*neighbour")
    assert "not this" not in found[0]
    terminal.until("parent")
    assert is_gone(inner)
    terminal.close()


CASES = [a_question_is_answered, others_cannot_open_it, a_debugger_works, the_keyboard_interrupts, each_is_interrupted_once,
         one_process_answers_itself, stops_and_goes_on, deadlines_stop_too, tells_of_who_was_stopped_alone,
         in_the_background, it_is_given_back, neighbours_are_left_alone]
failures = 0
for name, text in SCRIPTS.items():
    file_of(name, text + "\n")
for case in CASES:
    if sys.argv[3:] and case.__name__ not in sys.argv[3:]:
        continue
    try:
        case()
    except AssertionError as failure:
        print(f"{case.__name__}: {failure}")
        failures += 1
sys.exit(failures > 0)
