"""Start a script of the reference on several ranks of this machine's CPU.

    ranks.py COUNT SCRIPT [ARGUMENT ...]

Each rank is a process with RANK, WORLD_SIZE and the rest in its environment, as Accelerate reads them. `accelerate launch --cpu
--num_processes 2` of the reference starts one process only; what starts two is PyTorch's own launcher, taken here, with
ACCELERATE_USE_CPU set, without which each rank believes it is alone. Ranks meet on the loopback interface. Every rank has its share
of the cores unless OMP_NUM_THREADS says otherwise; the launcher itself would give each a single thread on any machine.
"""

import os
import sys


def command(count, script, arguments):
    launcher = ["-m", "torch.distributed.run", "--standalone", "--local_addr", "127.0.0.1", "--nproc_per_node", str(count)]
    return [sys.executable, *launcher, script, *arguments]


def environment(count):
    threads = max(1, len(os.sched_getaffinity(0)) // count)
    defaults = {"OMP_NUM_THREADS": str(threads), "GLOO_SOCKET_IFNAME": "lo"}
    return {**defaults, **os.environ, "ACCELERATE_USE_CPU": "1"}


def main():
    count, script, *arguments = sys.argv[1:]
    os.execve(sys.executable, command(int(count), script, arguments), environment(int(count)))


if __name__ == "__main__":
    main()
