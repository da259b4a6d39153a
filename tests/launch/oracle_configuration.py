"""Configuration files as the reference reads and writes them, for tests/launch/test_configuration.

Writes into --out:
  NAME.yaml         a file of some version of the reference
  NAME.updated.yaml what `accelerate config update` makes of it
  NAME.updated.json the same as JSON
  NAME.default      what `accelerate config default` writes, by precision
  NAME.answers      answers to the questions of `accelerate config`, one a line, "" for what is usual
  NAME.asked.yaml   what it writes then, or asked.json
"""

import argparse
import builtins
import contextlib
import io
import os
import shutil

from accelerate.commands.config import cluster, config, config_args, config_utils, default

# One for each version that wrote other keys.
FILES = {
    # 0.0: the first
    "first": "distributed_type: MULTI_GPU\nfp16: true\nmachine_rank: 0\nmain_process_ip: null\nmain_process_port: null\n"
             "main_training_function: main\nnum_machines: 1\nnum_processes: 2\n",
    # 0.3: environments
    "environments": "compute_environment: LOCAL_MACHINE\ndistributed_type: 'NO'\nfp16: false\nmachine_rank: 0\nmain_process_ip: null\n"
                    "main_process_port: null\nmain_training_function: main\nnum_machines: 1\nnum_processes: 1\n",
    # 0.6: mixed_precision, DeepSpeed and FSDP
    "mixed_precision": "compute_environment: LOCAL_MACHINE\ndeepspeed_config: {}\ndistributed_type: MULTI_CPU\nfsdp_config: {}\n"
                       "machine_rank: 0\nmain_process_ip: null\nmain_process_port: null\nmain_training_function: main\n"
                       "mixed_precision: bf16\nnum_machines: 1\nnum_processes: 4\nuse_cpu: true\n",
    # 0.12: rendezvous, downcast_bf16, TPUs
    "rendezvous": "compute_environment: LOCAL_MACHINE\ndeepspeed_config: {}\ndistributed_type: MULTI_GPU\ndowncast_bf16: 'no'\n"
                  "fsdp_config: {}\nmachine_rank: 1\nmain_process_ip: 192.168.20.1\nmain_process_port: 8080\n"
                  "main_training_function: main\nmixed_precision: fp16\nnum_machines: 2\nnum_processes: 16\nrdzv_backend: static\n"
                  "same_network: true\nuse_cpu: false\n",
    # 0.15: dynamo_backend at the top, commands and TPU pods
    "dynamo": "command_file: null\ncommands: null\ncompute_environment: LOCAL_MACHINE\ndeepspeed_config: {}\ndistributed_type: 'NO'\n"
              "downcast_bf16: 'no'\ndynamo_backend: INDUCTOR\nfsdp_config: {}\ngpu_ids: all\nmachine_rank: 0\nmain_process_ip: null\n"
              "main_process_port: null\nmain_training_function: main\nmegatron_lm_config: {}\nmixed_precision: 'no'\nnum_machines: 1\n"
              "num_processes: 1\nrdzv_backend: static\nsame_network: true\ntpu_name: null\ntpu_zone: null\nuse_cpu: false\n",
    # 0.17: dynamo_config
    "dynamo_config": "compute_environment: LOCAL_MACHINE\ndeepspeed_config: {}\ndistributed_type: 'NO'\ndowncast_bf16: 'no'\n"
                     "dynamo_config:\n  dynamo_backend: EAGER\n  dynamo_mode: default\n  dynamo_use_dynamic: true\n  dynamo_use_fullgraph: false\n"
                     "machine_rank: 0\nmain_training_function: main\nmixed_precision: 'no'\nnum_machines: 1\nnum_processes: 1\n"
                     "tpu_env: []\ntpu_use_cluster: false\ntpu_use_sudo: false\nuse_cpu: false\n",
    # 0.20: FSDP keys with their prefix
    "fsdp": "compute_environment: LOCAL_MACHINE\ndebug: true\ndistributed_type: FSDP\ndowncast_bf16: 'no'\nfsdp_config:\n"
            "  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n  fsdp_backward_prefetch: BACKWARD_PRE\n  fsdp_forward_prefetch: false\n"
            "  fsdp_offload_params: false\n  fsdp_sharding_strategy: FULL_SHARD\n  fsdp_state_dict_type: SHARDED_STATE_DICT\n"
            "  fsdp_sync_module_states: true\n  fsdp_transformer_layer_cls_to_wrap: BertLayer\n  fsdp_use_orig_params: true\n"
            "machine_rank: 0\nmain_training_function: main\nmixed_precision: bf16\nnum_machines: 1\nnum_processes: 8\n"
            "rdzv_backend: static\nsame_network: true\ntpu_env:\n- A=1\n- B=two words\ntpu_use_cluster: false\nuse_cpu: false\n",
    # 0.28: CPU affinity, DeepSpeed
    "deepspeed": "compute_environment: LOCAL_MACHINE\ndebug: false\ndeepspeed_config:\n  gradient_accumulation_steps: 1\n"
                 "  gradient_clipping: 1.0\n  offload_optimizer_device: none\n  zero3_init_flag: false\n  zero_stage: 2\n"
                 "distributed_type: DEEPSPEED\ndowncast_bf16: 'no'\nenable_cpu_affinity: false\nmachine_rank: 0\n"
                 "main_training_function: main\nmixed_precision: fp16\nnum_machines: 1\nnum_processes: 2\nuse_cpu: false\n",
    # 1.0: fp8
    "fp8": "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nfp8_config:\n  amax_compute_algorithm: max\n"
           "  amax_history_length: 32\n  backend: TE\n  fp8_format: E4M3\n  interval: 1\n  margin: 0\n"
           "  override_linear_precision: [false, true, false]\n  use_autocast_during_eval: false\nmixed_precision: fp8\nnum_processes: 2\n",
    # 1.10: parallelism
    "parallelism": "compute_environment: LOCAL_MACHINE\ndistributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_reshard_after_forward: true\n"
                   "parallelism_config:\n  parallelism_config_dp_replicate_size: 1\n  parallelism_config_tp_size: 2\nmixed_precision: bf16\n"
                   "num_processes: 4\n",
    "numbers": "compute_environment: LOCAL_MACHINE\ndeepspeed_config:\n  gradient_clipping: 1.0e-05\n  zero_stage: 2\n"
               "distributed_type: DEEPSPEED\nfsdp_config: {fsdp_min_num_params: 100000000}\nnum_processes: 2\n",
    "mpirun": "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_CPU\nmpirun_config:\n  mpirun_hostfile: /etc/hostfile\n"
              "num_processes: 2\nuse_cpu: true\n",
    "spelling": "compute_environment: \"LOCAL_MACHINE\"\ndistributed_type: 'NO'  # none\nmixed_precision: \"no\"\nnum_processes: 0x1\n"
                "main_process_ip: '10.0'\nmain_process_port: 1_0_0_0\nuse_cpu: off\ndebug: Yes\n",
}
PRECISIONS = ["no", "fp16", "bf16"]

# In the order of the questions. Lists are answered by numbers.
ANSWERS = {
    "nothing": ["", "", "", "", "", "", "", ""],
    "one_cpu": ["0", "0", "yes", "no", "no", "2"],
    "one_gpu": ["0", "0", "no", "no", "no", "0,1", "yes", "1"],
    "dynamo": ["0", "0", "yes", "yes", "2", "yes", "1", "no", "yes", "no", "no", "0"],
    "cpus": ["0", "1", "1", "no", "no", "no", "4", "0"],
    "mpirun": ["0", "1", "", "YES", "yes", "hosts.txt", "", "2", ""],
    "gpus": ["0", "4", "1", "", "", "no", "no", "no", "2", "", "", "2"],
    "machines": ["0", "4", "2", "1", "192.168.20.1", "29501", "no", "c10d", "no", "no", "no", "no", "no", "16", "all", "no", "1"],
    "machines_of_cpus": ["0", "1", "3", "2", "node-1", "8080", "", "", "", "", "6", ""],
}


class Menu:
    """Instead of a list with a cursor: the next answer is a number."""

    def __init__(self, text, options):
        self.options = options

    def run(self, default_choice=0):
        answer = builtins.input()
        return int(answer) if answer else default_choice


def ask(answers):
    rest = iter(answers)
    builtins.input, saved = (lambda text="": next(rest)), builtins.input
    config_utils.BulletMenu = Menu
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return config.get_user_input()
    finally:
        builtins.input = saved
        assert not list(rest), answers


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    os.chdir(out)
    for name, text in FILES.items():
        with open(f"{name}.yaml", "w") as file:
            file.write(text)
        config = config_args.load_config_from_file(f"{name}.yaml")
        config.to_yaml_file(f"{name}.updated.yaml")
        config_args.load_config_from_file(f"{name}.yaml").to_json_file(f"{name}.updated.json")
    for name, answers in ANSWERS.items():
        with open(f"{name}.answers", "w") as file:
            file.writelines(answer + "\n" for answer in answers)
        ask(answers).to_yaml_file(f"{name}.asked.yaml")
        ask(answers).to_json_file(f"{name}.asked.json")
    for precision in PRECISIONS:
        default.write_basic_config(precision, f"{precision}.default")


if __name__ == "__main__":
    main()
