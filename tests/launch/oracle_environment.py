"""The environment that the reference's launcher hands to a script, for tests/launch/test_environment.

Writes into --out, for each case:
  NAME.args    the words behind "launch", one a line
  NAME.yaml    the configuration that --config_file names, if there is one
  NAME.outside the variables that the launcher itself finds, one a line
  NAME.env     what it adds to them, in order; "refused" where it raises
Ranks and addresses are not among them: those are PyTorch's launcher's, and compared in test_environment by a run.
"""

import argparse
import os
import sys

import oracle_configuration
import psutil
import torch
from accelerate.commands import launch as command
from accelerate.utils import launch

SCRIPT = "train.py"
PLACES = ("MASTER_ADDR", "MASTER_PORT")

# Where the two part (docs/differences.md): what this launcher says for a case, instead of the reference.
DIFFERENCES = {
    # A file's keys hold, even if their flags have a default.
    "file_affinity": {"ACCELERATE_CPU_AFFINITY": "1"},
    # The environment holds where nobody says otherwise.
    "outside_precision": {"ACCELERATE_MIXED_PRECISION": "bf16"},
    # It is handed on to every program.
    "accumulation": {"ACCELERATE_GRADIENT_ACCUMULATION_STEPS": "4"},
    # "False" is false.
    "megatron_truth": {"MEGATRON_LM_EOD_MASK_LOSS": "False"},
    # The letters that Accelerator takes.
    "fp8_flags": {"ACCELERATE_FP8_BACKEND": "TE"},
    # What config asked holds: its file's keys where DeepSpeed and FSDP look for them.
    "asked_affinity": {"ACCELERATE_CPU_AFFINITY": "1"},
    "asked_one_gpu": {"ACCELERATE_CPU_AFFINITY": "1"},
    "asked_deepspeed_nvme": {"ACCELERATE_DEEPSPEED_OFFLOAD_PARAM_NVME_PATH": "/mnt/parameters",
                             "ACCELERATE_DEEPSPEED_OFFLOAD_OPTIMIZER_NVME_PATH": "/mnt/two words"},
    "asked_deepspeed_nvme_usual": {"ACCELERATE_DEEPSPEED_OFFLOAD_PARAM_NVME_PATH": "/nvme",
                                   "ACCELERATE_DEEPSPEED_OFFLOAD_OPTIMIZER_NVME_PATH": "/nvme"},
    "asked_deepspeed_nvme_states": {"ACCELERATE_DEEPSPEED_OFFLOAD_OPTIMIZER_NVME_PATH": "/nvme"},
    "asked_deepspeed_compiled": {"ACCELERATE_DYNAMO_BACKEND": "EAGER", "ACCELERATE_DYNAMO_MODE": "max-autotune",
                                 "ACCELERATE_DYNAMO_USE_FULLGRAPH": "True", "ACCELERATE_DYNAMO_USE_DYNAMIC": "False",
                                 "ACCELERATE_DYNAMO_USE_REGIONAL_COMPILATION": "False"},
    "asked_fsdp_1": {"FSDP_SHARDING_STRATEGY": "HYBRID_SHARD"},
    "asked_fsdp_1_cut": {"FSDP_SHARDING_STRATEGY": "HYBRID_SHARD_ZERO2"},
}
# Names that nobody looks for, and those that are.
RENAMED = {"ACCELERATE_FP8_AMAX_HISTORY_LENGTH": "ACCELERATE_FP8_AMAX_HISTORY_LEN",
           "ACCELERATE_FP8_AMAX_COMPUTE_ALGORITHM": "ACCELERATE_FP8_AMAX_COMPUTE_ALGO",
           "ACCELERATE_FP8_OPTIMIZATION_LEVEL": "ACCELERATE_FP8_OPT_LEVEL"}
# DeepSpeed's own launchers start what is on other machines; this one is run on each.
REFUSED = ("asked_deepspeed_machines", "asked_deepspeed_slurm")
# Without a GPU a process has as many threads as there are cores; the reference's has one, unless --num_processes or a file says how many
# processes there are.
CORES = psutil.cpu_count(logical=False)

BASE = "compute_environment: LOCAL_MACHINE\n"
FSDP = BASE + """distributed_type: FSDP
num_processes: 4
num_machines: 1
machine_rank: 0
mixed_precision: bf16
use_cpu: false
fsdp_config:
  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP
  fsdp_backward_prefetch: BACKWARD_PRE
  fsdp_cpu_ram_efficient_loading: true
  fsdp_forward_prefetch: false
  fsdp_offload_params: false
  fsdp_sharding_strategy: FULL_SHARD
  fsdp_state_dict_type: SHARDED_STATE_DICT
  fsdp_sync_module_states: true
  fsdp_transformer_layer_cls_to_wrap: BertLayer
  fsdp_use_orig_params: true
"""
DEEPSPEED = BASE + """distributed_type: DEEPSPEED
num_processes: 2
machine_rank: 0
mixed_precision: fp16
deepspeed_config:
  gradient_accumulation_steps: 2
  gradient_clipping: 1.0
  offload_optimizer_device: none
  offload_param_device: cpu
  zero3_init_flag: true
  zero3_save_16bit_model: false
  zero_stage: 3
"""
MEGATRON = BASE + """distributed_type: MEGATRON_LM
num_processes: 4
mixed_precision: 'no'
megatron_lm_config:
  megatron_lm_gradient_clipping: 0.5
  megatron_lm_num_micro_batches: 2
  megatron_lm_pp_degree: 2
  megatron_lm_recompute_activations: true
  megatron_lm_sequence_parallelism: false
  megatron_lm_tp_degree: 2
  megatron_lm_use_distributed_optimizer: true
"""
MULTI_GPU = BASE + """distributed_type: MULTI_GPU
num_processes: 2
num_machines: 1
gpu_ids: 0,1
main_process_port: 29511
mixed_precision: fp16
rdzv_backend: static
same_network: true
"""
NO = BASE + "distributed_type: 'NO'\n"

# name: words, the file, what is there outside
CASES = {
    "plain": ([], None, {}),
    "cpu": (["--cpu"], None, {}),
    "bf16": (["--mixed_precision", "bf16", "--cpu"], None, {}),
    "hyphens": (["--mixed-precision=fp16", "--num-processes=1"], None, {}),
    "threads": (["--num_cpu_threads_per_process", "3"], None, {}),
    "threads_outside": (["--cpu"], None, {"OMP_NUM_THREADS": "5"}),
    "debug": (["--debug"], None, {}),
    "affinity": (["--enable_cpu_affinity"], None, {}),
    "gpu_ids": (["--gpu_ids", "0,2", "--num_processes", "1"], None, {}),
    "all_gpus": (["--gpu_ids", "all"], None, {}),
    "dynamo": (["--dynamo_backend", "inductor", "--dynamo_mode", "max-autotune", "--dynamo_use_fullgraph"], None, {}),
    "dynamo_more": (["--dynamo_backend=eager", "--dynamo_use_dynamic", "--dynamo_use_regional_compilation"], None, {}),
    "multi_gpu": (["--multi_gpu", "--num_processes", "2"], None, {}),
    "multi_gpu_ids": (["--multi_gpu", "--num_processes", "2", "--gpu_ids", "1,3", "--mixed_precision", "bf16"], None, {}),
    "multi_gpu_threads": (["--multi_gpu", "--num_processes", "2", "--num_cpu_threads_per_process", "4"], None, {}),
    "fsdp": (["--use_fsdp", "--num_processes", "2"], None, {}),
    "fsdp_flags": (["--use_fsdp", "--num_processes", "2", "--fsdp_version", "2", "--fsdp_offload_params", "True",
                    "--fsdp_auto_wrap_policy", "SIZE_BASED_WRAP", "--fsdp_min_num_params", "2000",
                    "--fsdp_state_dict_type", "FULL_STATE_DICT", "--fsdp_reshard_after_forward", "False",
                    "--fsdp_activation_checkpointing", "True"], None, {}),
    "fsdp_parallel": (["--use_fsdp", "--fsdp_version=2", "--num_processes", "4", "--use_parallelism_config",
                       "--parallelism_config_dp_shard_size", "2", "--parallelism_config_tp_size", "2"], None, {}),
    "fsdp_context": (["--use_fsdp", "--fsdp_version=2", "--num_processes", "4", "--use_parallelism_config",
                      "--parallelism_config_cp_size", "2", "--parallelism_config_cp_comm_strategy", "alltoall",
                      "--parallelism_config_sp_size", "2", "--parallelism_config_sp_seq_length", "128"], None, {}),
    "megatron": (["--use_megatron_lm", "--num_processes", "2"], None, {}),
    "megatron_flags": (["--use_megatron_lm", "--num_processes", "8", "--megatron_lm_tp_degree", "4",
                        "--megatron_lm_recompute_granularity", "full", "--megatron_lm_attention_dropout", "0.1",
                        "--megatron_lm_hidden_dropout", "1e-3"], None, {}),
    "megatron_truth": (["--use_megatron_lm", "--num_processes", "2", "--megatron_lm_eod_mask_loss", "False"], None, {}),
    "deepspeed": (["--use_deepspeed", "--num_processes", "2"], None, {}),
    "deepspeed_flags": (["--use_deepspeed", "--num_processes", "2", "--zero_stage", "3", "--zero3_init_flag", "True",
                         "--gradient_accumulation_steps", "4", "--gradient_clipping", "1",
                         "--offload_param_device", "NVMe", "--deepspeed_config_file", "ds.json",
                         "--deepspeed_moe_layer_cls_names", "A,B"], None, {"PYTHONPATH": "/a:/b"}),
    "fp8": (["--mixed_precision", "fp8"], None, {}),
    "fp8_flags": (["--mixed_precision", "fp8", "--fp8_backend", "te", "--fp8_margin", "1", "--fp8_format", "E4M3",
                   "--fp8_override_linear_precision", "true,no,1", "--fp8_use_autocast_during_eval",
                   "--fp8_pad_inner_dim", "no"], None, {}),
    "accumulation": (["--gradient_accumulation_steps", "4"], None, {}),
    "outside_precision": ([], None, {"ACCELERATE_MIXED_PRECISION": "bf16"}),
    "flag_over_outside": (["--mixed_precision", "fp16"], None, {"ACCELERATE_MIXED_PRECISION": "bf16"}),
    "role": (["--role", "trainer", "--cpu"], None, {}),
    "file_no": ([], NO, {}),
    "file_cpu": ([], NO + "use_cpu: true\nnum_processes: 1\n", {}),
    "file_fp16": ([], NO + "fp16: true\n", {}),
    "file_debug": ([], NO + "debug: true\n", {}),
    "file_affinity": ([], NO + "enable_cpu_affinity: true\n", {}),
    "file_precision": ([], NO + "mixed_precision: bf16\n", {}),
    "flag_over_file": (["--mixed_precision", "no"], NO + "mixed_precision: bf16\n", {}),
    "file_dynamo": ([], NO + "dynamo_config:\n  dynamo_backend: INDUCTOR\n  dynamo_use_dynamic: true\n", {}),
    "file_dynamo_old": ([], NO + "dynamo_backend: EAGER\n", {}),
    "file_dynamo_none": ([], NO + "dynamo_backend: 'NO'\n", {}),
    "file_multi_gpu": ([], MULTI_GPU, {}),
    "cpu_over_multi_gpu": (["--cpu"], MULTI_GPU, {}),
    "file_fsdp": ([], FSDP, {}),
    "flag_over_fsdp": (["--fsdp_sharding_strategy", "SHARD_GRAD_OP", "--fsdp_offload_params", "true"], FSDP, {}),
    "file_deepspeed": ([], DEEPSPEED, {}),
    "flag_over_deepspeed": (["--zero_stage", "2"], DEEPSPEED, {}),
    "file_megatron": ([], MEGATRON, {}),
    "file_parallelism": ([], FSDP.replace("fsdp_config:", "fsdp_config:\n  fsdp_version: 2") + "parallelism_config:\n"
                         "  parallelism_config_dp_shard_size: 2\n  parallelism_config_tp_size: 2\n", {}),
    "flag_over_cpu": (["--use_fsdp"], NO.replace("'NO'", "MULTI_CPU") + "use_cpu: true\nnum_processes: 2\n", {}),
    "precision_over_outside": (["--mixed_precision", "no"], None, {"ACCELERATE_MIXED_PRECISION": "weird"}),
    "both_paradigms": (["--multi_gpu", "--cpu"], None, {}),
    "multi_gpu_alone": (["--multi_gpu", "--num_processes", "1"], None, {}),
    "parallel_without_fsdp": (["--use_parallelism_config"], None, {}),
    "module_no_python": (["--module", "--no_python"], None, {}),
    "unknown_precision": (["--mixed_precision", "fp4"], None, {}),
    "file_unknown_key": ([], NO + "num_procs: 2\n", {}),
    "file_without_type": ([], BASE + "num_processes: 1\n", {}),
    "file_open_count": ([], BASE + "distributed_type: MULTI_GPU\nnum_processes: -1\n", {}),
}


def prepare(args):
    args, defaults, from_file = command._validate_launch_command(args)
    if args.use_deepspeed and not args.cpu:
        fields = list(defaults.deepspeed_config.keys()) if defaults else []
        args.deepspeed_fields_from_accelerate_config = ",".join(fields + ["mixed_precision"] * from_file)
        return launch.prepare_deepspeed_cmd_env(args)[1]
    if (args.use_fsdp or args.use_megatron_lm or args.multi_gpu) and not args.cpu:
        return launch.prepare_multi_gpu_env(args)
    return launch.prepare_simple_launcher_cmd_env(args)[1]


def added(words, outside):
    """What a launch with these words adds to its own environment; None where it is refused."""
    saved = dict(os.environ)
    os.environ.update(outside)
    try:
        before = dict(os.environ)
        args = command.launch_command_parser().parse_args(words + [SCRIPT])
        env = prepare(args)
        if "ACCELERATE_USE_CPU" in env and "OMP_NUM_THREADS" not in outside and "--num_cpu_threads_per_process" not in words:
            env["OMP_NUM_THREADS"] = str(max(CORES // max(args.num_processes, 1), 1))
        return {name: value for name, value in env.items() if before.get(name) != value and name not in PLACES}
    except (Exception, SystemExit):
        return None
    finally:
        os.environ.clear()
        os.environ.update(saved)


def write(path, lines):
    with open(path, "w") as file:
        file.writelines(line + "\n" for line in lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    out = os.path.abspath(parser.parse_args().out)
    os.makedirs(out, exist_ok=True)
    os.chdir(out)
    for name in ("OMP_NUM_THREADS", "ACCELERATE_MIXED_PRECISION", "PYTHONPATH", "KMP_AFFINITY", "KMP_BLOCKTIME"):
        os.environ.pop(name, None)
    launch.is_fp8_available = lambda: True  # a launcher that loads nothing cannot know
    launch.is_port_in_use = lambda port: False
    torch.cuda.device_count = lambda: 0
    command.default_config_file = os.path.join(out, "none.yaml")
    sys.argv = ["accelerate-launch"]
    for name, answers in oracle_configuration.ANSWERS.items():
        oracle_configuration.ask(answers)[0].to_yaml_file("asked.yaml")
        with open("asked.yaml") as file:
            CASES[f"asked_{name}"] = ([], file.read(), {})
    for name, (words, file, outside) in CASES.items():
        if file:
            with open(f"{name}.yaml", "w") as stream:
                stream.write(file)
            words = ["--config_file", f"{name}.yaml"] + words
        for maker in oracle_configuration.MAKERS.values():
            setattr(launch, f"is_{maker}_available", lambda here=(f"MULTI_{maker.upper()}" in (file or "")): here)
        env = None if name in REFUSED else added(words, outside)
        if env is not None:
            env.update({new: env.pop(old) for old, new in RENAMED.items() if old in env})
            env.update(DIFFERENCES.get(name, {}))
            env = {key: value for key, value in env.items() if outside.get(key) != value}
        write(f"{name}.args", words)
        write(f"{name}.outside", [f"{key}={value}" for key, value in outside.items()])
        write(f"{name}.env", ["refused"] if env is None else sorted(f"{key}={value}" for key, value in env.items()))


if __name__ == "__main__":
    main()
