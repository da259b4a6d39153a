"""Configuration files as the reference reads and writes them, for tests/launch/test_configuration.

Writes into --out:
  NAME.yaml         a file of some version of the reference
  NAME.json         the same as JSON
  NAME.updated.yaml what `accelerate config update` makes of it
  NAME.updated.json of the file of JSON
  NAME.strict.json  a file of JSON, whatever is unusual about it
  NAME.loaded.json  what `accelerate config update` makes of it
  NAME.refused.json one that the reference refuses
  NAME.default      what `accelerate config default` writes, by precision
  NAME.answers      answers to the questions of `accelerate config`, one a line, "" for what is usual
  NAME.asked.yaml   what it writes then, or asked.json
  NAME.prompts      what it asked, one a line; lists once, the others as often as they were asked
"""

import argparse
import builtins
import contextlib
import io
import json
import os
import shutil

import yaml
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
    # 0.27: XLA instead of TPU
    "xla": "compute_environment: LOCAL_MACHINE\ndistributed_type: XLA\ndowncast_bf16: true\nmixed_precision: bf16\nnum_processes: 8\n"
           "tpu_name: mine\ntpu_use_sudo: true\ntpu_zone: here\n",
    "nulls": "compute_environment: LOCAL_MACHINE\ndistributed_type: FSDP\ndynamo_config: null\nfsdp_config:\n"
             "  fsdp_reshard_after_forward: null\n  fsdp_version: 2\ngpu_ids: null\nmegatron_lm_config: {}\nmpirun_config:\n"
             "  mpirun_hostfile: ~\nnum_processes: 4\ntpu_env: null\n",
    "spelling": "compute_environment: \"LOCAL_MACHINE\"\ndistributed_type: 'NO'  # none\nmixed_precision: \"no\"\nnum_processes: 0x1\n"
                "main_process_ip: '10.0'\nmain_process_port: 1_0_0_0\nuse_cpu: off\ndebug: Yes\n",
}
# What YAML has otherwise.
STRICT = {
    "pair": r'{"distributed_type": "NO", "main_training_function": "\ud83d\ude00 \u007f \u00e9 \" \/ \b\f\n\r\t"}',
    "raw": '{"distributed_type": "NO", "main_training_function": "\U0001F600\x7f\uFFFE\x85\u2028\uFEFF"}',
    "lines": '\r\n{"distributed_type"\n\n:\t"NO","num_processes"\n:\n2\n}\n\n',
    "numbers": '{"distributed_type": "DEEPSPEED", "num_processes": 2, "machine_rank": -0, "deepspeed_config":'
               '{"gradient_clipping": 1e3, "zero_stage": 2}}',
    "tiny": '{"distributed_type": "DEEPSPEED", "num_processes": 2, "deepspeed_config": {"gradient_clipping": 1E-7}}',
    "texts": '{"distributed_type": "NO", "main_process_ip": "0x10", "debug": true, "gpu_ids": "NaN", "tpu_env": [], "tpu_name": null}',
    "list": '{"distributed_type": "NO", "tpu_env": ["NaN", "a\\\\", "", "yes"], "fsdp_config": {}}',
    "named": '{"distributed_type": "NO", "commands": [NaN, Infinity,-Infinity, 1.50, true], "command_file":NaN}',
}
REFUSED = {
    "comma": '{"distributed_type": "NO",}',
    "word": '{"distributed_type": NO}',
    "key": '{distributed_type: "NO"}',
    "quotes": "{'distributed_type': 'NO'}",
    "mark": '\uFEFF{"distributed_type": "NO"}',
    "comment": '{"distributed_type": "NO"} # none',
    "second": '{"distributed_type": "NO"} {}',
    "cut": '{"distributed_type": "NO"',
    "string": '{"distributed_type": "NO',
    "escape": r'{"distributed_type": "NO", "debug": "\x41"}',
    "control": '{"distributed_type": "NO", "main_training_function": "a\tb"}',
    "newline": '{"distributed_type": "NO", "main_training_function": "a\nb"}',
    "zero": '{"distributed_type": "NO", "num_processes": 2\x00}',
    "leading": '{"distributed_type": "NO", "num_processes": 02}',
    "plus": '{"distributed_type": "NO", "num_processes": +2}',
    "point": '{"distributed_type": "NO", "num_processes": .5}',
    "nan_key": '{"distributed_type": "NO", NaN: 1}',
    "nan_sign": '{"distributed_type": "NO", "command_file": -NaN}',
    "nan_more": '{"distributed_type": "NO", "command_file": NaN1}',
    "infinite": '{"distributed_type": "NO", "command_file": +Infinity}',
    "array": '["distributed_type"]',
    "alone": '"distributed_type"',
    "empty": '',
    "yaml": 'distributed_type: NO',
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

    "dynamo_usual": ["0", "0", "no", "yes", "", "", "", "", "", ""],
    "dynamo_last": ["", "4", "", "", "yes", "12", "yes", "", "", "", "", "no", "no", "no", "4", "1,3,5,7", "no", "1"],
    "dynamo_nonsense": ["7", "0", "11", "0", "maybe", "YES", "si", "yes", "13", "10", "no", "no", "4", "2"],

    # DeepSpeed: each stage, each device, files and filters
    "deepspeed_usual": ["0", "4", "", "", "", "yes", "", "", "", "", "", "", "", "", "2", ""],
    "deepspeed_one": ["0", "0", "no", "no", "yes", "no", "0", "4", "no", "no", "no", "1", "1"],
    "deepspeed_zero_1": ["0", "4", "1", "no", "no", "yes", "no", "1", "", "yes", "", "", "", "8", "2"],
    "deepspeed_offload": ["0", "4", "1", "yes", "no", "yes", "no", "2", "1", "0", "2", "yes", "0.5", "yes", "no", "4", "2"],
    "deepspeed_nvme": ["0", "4", "1", "no", "no", "yes", "no", "3", "2", "2", "/mnt/parameters", "/mnt/two words", "16", "yes",
                       "1e-5", "yes", "yes", "yes", "MixtralSparseMoeBlock, Qwen2MoeSparseMoeBlock", "8", "1"],
    "deepspeed_nvme_usual": ["0", "4", "", "", "", "yes", "", "3", "2", "2", "", "", "", "yes", "", "", "", "", "2", ""],
    "deepspeed_nvme_states": ["0", "4", "1", "no", "no", "yes", "no", "2", "2", "1", "", "2", "no", "no", "no", "2", "0"],
    "deepspeed_file": ["0", "4", "1", "no", "no", "yes", "yes", "ds: {config}.json", "yes", "no", "4"],
    "deepspeed_file_one": ["0", "0", "no", "no", "yes", "YES", "ds.json", "no", "yes", "JetMoEAttention,JetMoEBlock", "2"],
    "deepspeed_machines": ["0", "4", "2", "1", "10.0.0.1", "29500", "yes", "no", "no", "yes", "no", "2", "0", "0", "1", "no", "no",
                           "no", "0", "/etc/hostfile", "yes", "worker-1@worker-2:0,1", "yes", "worker-3:2", "16", "2"],
    "deepspeed_standard": ["0", "4", "2", "0", "10.0.0.1", "29500", "", "", "", "yes", "", "", "", "", "", "", "", "", "1", "4", ""],
    "deepspeed_slurm": ["0", "4", "4", "3", "node-0", "29500", "no", "", "", "", "yes", "yes", "ds.json", "", "", "6", "hosts", "", "",
                        "32"],
    "deepspeed_compiled": ["0", "4", "1", "no", "yes", "0", "yes", "2", "yes", "no", "no", "yes", "yes", "ds.json", "no", "no", "4"],
    "deepspeed_nonsense": ["0", "4", "one", "1", "no", "no", "yes", "nein", "no", "4", "x", "3", "5", "0", "0", "", "yes", "much",
                           "2", "n o", "no", "no", "no", "2", "0"],

    # FSDP, both versions
    "fsdp_usual": ["0", "4", "", "", "", "", "yes", "", "", "", "", "", "BertLayer", "", "", "", "", "2", ""],
    "fsdp_2": ["0", "4", "1", "no", "no", "no", "yes", "1", "no", "yes", "2", "1", "no", "yes", "no", "8", "2"],
    "fsdp_2_sized": ["0", "4", "1", "no", "no", "no", "yes", "1", "yes", "no", "1", "2000", "0", "yes", "no", "no", "8", "2"],
    "fsdp_1_usual": ["0", "4", "", "", "", "", "yes", "0", "", "", "", "yes", "", "", "", "", "", "", "2", ""],
    "fsdp_1": ["0", "4", "1", "no", "no", "no", "yes", "0", "3", "yes", "1", "", "1", "2", "yes", "no", "no", "no", "yes", "8", "1"],
    "fsdp_1_cut": ["0", "4", "1", "no", "no", "no", "yes", "0", "4", "no", "0", "no", "BertLayer,BertEmbeddings", "2", "1", "no", "yes",
                   "no", "", "no", "8", "2"],
    "fsdp_machines": ["0", "4", "2", "0", "10.0.0.1", "29500", "no", "static", "yes", "no", "no", "yes", "1", "", "", "2", "", "",
                      "", "no", "16", "2"],
    "fsdp_nonsense": ["0", "4", "1", "no", "no", "no", "yes", "2", "1", "1", "ja", "yes", "no", "1", "many", "5", "2", "1", "yes", "no",
                      "no", "8", "4", "2"],
    "parallelism_usual": ["0", "4", "1", "no", "no", "no", "yes", "", "", "", "2", "", "", "", "yes", "", "", "", "", "2", ""],
    "parallelism": ["0", "4", "1", "no", "no", "no", "yes", "1", "yes", "no", "2", "0", "yes", "no", "yes", "2", "4", "2", "2", "1",
                    "32", "2"],
    "parallelism_gathered": ["0", "4", "1", "no", "no", "no", "yes", "1", "yes", "no", "2", "0", "yes", "no", "yes", "two", "1", "1", "",
                             "x", "8", "", "8", "2"],

    # Megatron-LM
    "megatron_usual": ["0", "4", "", "", "", "", "", "yes", "", "", "", "", "", "2", ""],
    "megatron": ["0", "4", "1", "no", "no", "no", "no", "yes", "4", "no", "2", "8", "no", "no", "0", "8", "1"],
    "megatron_parallel": ["0", "4", "1", "no", "no", "no", "no", "yes", "2", "", "2", "", "yes", "yes", "0.25", "8", "2"],
    "megatron_nonsense": ["0", "4", "1", "no", "no", "no", "no", "yes", "4x", "1", "1", "o", "no", "yes", "1.0.0", "1.5", "8", "2"],

    # fp8, each library
    "fp8_ao": ["0", "0", "no", "no", "no", "all", "no", "3", "0", "", ""],
    "fp8_ao_no": ["0", "4", "1", "no", "no", "no", "yes", "1", "yes", "no", "2", "0", "yes", "no", "no", "8", "3", "", "no", "no"],
    "fp8_te_usual": ["0", "0", "no", "no", "no", "", "", "3", "1", "", "", "", "", "", "", ""],
    "fp8_te": ["0", "0", "no", "no", "no", "0", "no", "3", "1", "yes", "2", "4", "1", "32", "1", "yes", "yes", "no", "yes"],
    "fp8_te_nonsense": ["0", "0", "no", "no", "no", "0", "no", "3", "3", "1", "no", "x", "0", "1.5", "1", "9", "2", "", "0", "yes", "",
                        "", ""],
    "fp8_msamp_usual": ["0", "0", "no", "no", "no", "", "", "3", "2", ""],
    "fp8_msamp": ["0", "4", "1", "no", "no", "yes", "no", "2", "", "", "", "", "", "", "2", "3", "2", "0"],

    # GPUs and CPUs
    "affinity": ["0", "0", "no", "no", "no", "GPU-0a1b,MIG-2", "yes", "2"],
    "rendezvous": ["0", "4", "2", "x", "1", "host", "port", "29501", "non", "no", "", "no", "no", "no", "no", "no", "4", "", "", ""],
    "mpirun_home": ["0", "1", "2", "1", "10.0.0.2", "29500", "yes", "yes", "yes", "", "no", "8", "2"],

    # devices of other makers, which programs of Python may use
    "xpus": ["0", "2", "1", "no", "no", "no", "no", "2", "0,1", "2"],
    "hpus": ["0", "3", "1", "no", "no", "no", "no", "8", "", "2"],
    "npus": ["0", "5", "1", "no", "no", "no", "yes", "1", "yes", "no", "2", "0", "yes", "no", "no", "8", "2"],
    "mlus": ["0", "6", "1", "no", "no", "yes", "no", "1", "", "no", "no", "no", "8", "2"],
    "sdaas": ["0", "7", "", "", "", "", "", "2", "", ""],
    "musas": ["0", "8", "", "", "", "", "", "2", "", ""],
    "neurons": ["0", "9", "", "", "", "", "", "2", "", ""],
}


# Whether something is there that the reference looks for before it goes on: the file is for any machine.
for name in ("deepspeed", "transformers", "fp8", "transformer_engine", "msamp", "torchao"):
    setattr(cluster, f"is_{name}_available", lambda: True)

# Whose devices this machine would have.
MAKERS = {"2": "xpu", "3": "hpu", "5": "npu", "6": "mlu", "7": "sdaa", "8": "musa", "9": "neuron"}


def ask(answers):
    """The configuration, and every prompt."""
    rest, prompts = iter(answers), []
    for number, maker in MAKERS.items():
        setattr(cluster, f"is_{maker}_available", lambda here=(answers[1] == number): here)

    def answer(prompt):
        prompts.append(prompt)
        return next(rest)

    class Menu:
        """Instead of a list with a cursor: the next answer is a number; keys that are no row of it do nothing."""

        def __init__(self, text, options):
            self.text, self.count = text, len(options)

        def run(self, default_choice=0):
            prompts.append(self.text)
            while True:
                text = next(rest)
                if not text or (text.isdigit() and int(text) < self.count):
                    return int(text) if text else default_choice

    builtins.input, saved = answer, builtins.input
    config_utils.BulletMenu = Menu
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            made = config.get_user_input()
    finally:
        builtins.input = saved
    assert not list(rest), answers
    return made, prompts


def write_dialogue(name, answers):
    with open(f"{name}.answers", "w") as file:
        file.writelines(answer + "\n" for answer in answers)
    try:
        made, prompts = ask(answers)
    except Exception as error:
        raise RuntimeError(f"dialogue {name}") from error
    made.to_yaml_file(f"{name}.asked.yaml")
    ask(answers)[0].to_json_file(f"{name}.asked.json")
    with open(f"{name}.prompts", "w") as file:
        file.writelines(prompt.replace("\U0001F917 ", "").rstrip(" ?:") + "\n" for prompt in prompts)


def write_text(path, text):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def is_refused(path):
    try:
        config_args.load_config_from_file(path)
    except (ValueError, AttributeError):
        return True
    return False


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
        with open(f"{name}.json", "w") as file:
            json.dump(yaml.safe_load(text), file)
        config_args.load_config_from_file(f"{name}.json").to_json_file(f"{name}.updated.json")
    for name, text in STRICT.items():
        write_text(f"{name}.strict.json", text)
        config_args.load_config_from_file(f"{name}.strict.json").to_json_file(f"{name}.loaded.json")
    for name, text in REFUSED.items():
        write_text(f"{name}.refused.json", text)
        assert is_refused(f"{name}.refused.json"), name
    for name, answers in ANSWERS.items():
        write_dialogue(name, answers)
    for precision in PRECISIONS:
        default.write_basic_config(precision, f"{precision}.default")


if __name__ == "__main__":
    main()
