"""Fine-tune a sequence classifier on tab-separated text with Hugging Face Accelerate: the reference of examples/text_classification.c.

One plain training loop, as in the Accelerate tutorial, with the options, defaults and metrics file of the C example, so that
two runs with the same options can be compared step by step (compare_metrics.py).

Data. Lines end with LF, a CR before it is dropped, empty lines are skipped; columns are split at tabs; bytes that are not
UTF-8 are replaced (errors="replace"). A score above --label_threshold is label 1, below it 0, equal rows are dropped; with more
than two labels the score is the label and no row is dropped. Of what remains, row i is held out when i % holdout_every == 0.
--max_train_samples keeps the first rows of the training part. Workers are processes here, none by default.

Schedule. Linear over num_training_steps = epochs * len(loader before prepare); --max_steps N stops after N optimizer steps and
plans the schedule for them: min(that, N * num_processes), since a prepared scheduler steps once per process.

Accumulation. num_training_steps is divided by --gradient_accumulation_steps, rounded down, as in Accelerate's examples; an epoch's last
step may have fewer batches. --max_steps counts optimizer steps.

Metrics. One JSON line per optimizer step: step (from 1), epoch (from 0), loss (of rank 0's last batch), loss_mean (over ranks), lr used
by the step, grad_norm (before clipping; null: not clipped to a norm), seconds from asking for the first batch to the end of zero_grad.
One per evaluation, after each epoch and after an early stop: step, epoch, accuracy, samples.

The random stream. Everything below happens on the default CPU generator, in this order; nothing else draws.

 1. set_seed(seed): the generator starts at manual_seed(seed).
 2. from_pretrained: parameters found in the file draw nothing. A missing classifier draws one normal_(0, initializer_range) on
    its (num_labels, hidden) weight; its bias is zero. A start checkpoint that has the classifier draws nothing.
 3. Datasets, tokenizer, loaders, optimizer, scheduler, prepare (one process): nothing.
 4. Entering the training loop, before its first batch: one 64-bit draw, empty((), int64).random_(), PyTorch's worker base seed. It
    is the same with workers. The order of the epoch is randperm(n) of a separate generator seeded seed + epoch: no draw here.
 5. Each training forward, with dropout p > 0: one bernoulli_(1 - p) per mask on the shape of the masked tensor, float32:
      embeddings (B, T, H);
      each layer: attention probabilities (B, heads, T, T) inside scaled_dot_product_attention,
                  attention output (B, T, H), feed-forward output (B, T, H);
      pooled output (B, H) before the classifier.
    p == 0 draws nothing. How many numbers a bernoulli_ takes from the generator is ATen's affair; shapes must match, padding included.
 6. Loss, backward, optimizer, scheduler, metrics: nothing.
 7. Evaluation: one 64-bit draw on entering its loop (it does not shuffle); the forwards draw nothing in eval mode. With
    holdout_every 0 or nothing held out there is no evaluation and no draw. The next epoch begins again at 4.

Several processes (ranks.py starts them). Each does all of the above from the same seed, with these differences:

 3. prepare copies the main process's parameters and buffers to the others, which draws nothing.
 4. Each process draws its own number, the same one. The order of the epoch is the same everywhere, cut into the batches of one
    process; process r of P takes the batches r, r + P, r + 2P, ... At the end, a batch that is not full and processes that lack one
    are filled up with the samples that the epoch began with. Nothing sets the generators equal again.
 5. Each process pads to the longest text of its own batch. As the generators begin equal, the masks of a step are equal as long as
    the shapes have been; after the first step whose lengths differ the streams are apart for good.
 6. The gradients of the processes are averaged during backward. A prepared scheduler steps P times.
 7. The batches are dealt out in the same way, and gather_for_metrics drops the samples that filled up.

Attention. The mask is boolean (B, 1, T, T), true where the key is a token; it is None when the batch has no padding.
"""

import argparse
import json
import math
import os
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import accelerate
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState
from accelerate.utils import DataLoaderConfiguration, set_seed
from safetensors.torch import save_file
from torch.optim import AdamW
from torch.utils.data import DataLoader
from tqdm.auto import tqdm
from transformers import AutoModelForSequenceClassification, AutoTokenizer, get_scheduler


def parse_arguments(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", required=True, help="a Hugging Face model folder")
    parser.add_argument("--data", required=True, help="a tab-separated file")
    parser.add_argument("--text_column", type=int, default=2)
    parser.add_argument("--label_column", type=int, default=1)
    parser.add_argument("--label_threshold", type=float, default=0.0)
    parser.add_argument("--num_labels", type=int, default=2)
    parser.add_argument("--max_length", type=int, default=64)
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--lr", type=float, default=3e-5)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--scheduler", default="linear")
    parser.add_argument("--num_warmup_steps", type=int, default=0)
    parser.add_argument("--gradient_accumulation_steps", type=int, default=1)
    parser.add_argument("--max_grad_norm", type=float, default=0.0, help="0: do not clip")
    parser.add_argument("--clip_value", type=float, default=0.0, help="0: do not clip")
    parser.add_argument("--mixed_precision", choices=("no", "fp16", "bf16"))
    parser.add_argument("--max_train_samples", type=int, default=0, help="0: all")
    parser.add_argument("--max_steps", type=int, default=0, help="0: no limit")
    parser.add_argument("--holdout_every", type=int, default=10, help="0: hold nothing out")
    parser.add_argument("--output_dir", help="where the trained model and its tokenizer go")
    parser.add_argument("--metrics", help="the metrics file, JSON lines")
    parser.add_argument("--num_workers", type=int, default=0)
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--threads", type=int, default=0, help="intra-op threads, 0: torch's default")
    parser.add_argument("--dropout", type=float, help="overrides every dropout of the model's configuration")
    parser.add_argument("--start_checkpoint", help="where the untrained model and its tokenizer go")
    parser.add_argument("--gradients", help="safetensors file for the gradients of the first backward")
    return parser.parse_args(argv)


def label_of(args, score):
    """The label of a row's score, None when the row is dropped."""
    if args.num_labels > 2:
        return int(score)
    return None if score == args.label_threshold else int(score > args.label_threshold)


def read_rows(args):
    """Texts and labels of the rows that are kept, in file order."""
    with open(args.data, "rb") as file:
        lines = [line.removesuffix(b"\r") for line in file.read().split(b"\n")]
    texts, labels = [], []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        columns = line.split(b"\t")
        if max(args.text_column, args.label_column) >= len(columns):
            raise ValueError(f"{args.data}: line {number} has {len(columns)} columns")
        label = label_of(args, float(columns[args.label_column]))
        if label is not None:
            texts.append(columns[args.text_column].decode("utf-8", errors="replace"))
            labels.append(label)
    return texts, labels


def split_rows(args):
    """((train texts, labels), (held-out texts, labels)) of args.data."""
    texts, labels = read_rows(args)
    every = args.holdout_every
    held_out = [i for i in range(len(texts)) if every and i % every == 0]
    train = [i for i in range(len(texts)) if not every or i % every != 0]
    if args.max_train_samples:
        train = train[: args.max_train_samples]
    return tuple(([texts[i] for i in part], [labels[i] for i in part]) for part in (train, held_out))


def encode(tokenizer, texts, labels, max_length):
    """One dict of unpadded id lists per text."""
    encoded = tokenizer(texts, truncation=True, max_length=max_length)
    return [
        {**{key: encoded[key][i] for key in tokenizer.model_input_names}, "labels": label}
        for i, label in enumerate(labels)
    ]


def make_loaders(args, tokenizer):
    """The training loader and the evaluation loader (None when nothing is held out)."""

    def collate(samples):
        return tokenizer.pad(samples, padding="longest", return_tensors="pt")

    def make(part, shuffle):
        samples = encode(tokenizer, *part, args.max_length)
        return DataLoader(
            samples, batch_size=args.batch_size, shuffle=shuffle, collate_fn=collate, num_workers=args.num_workers
        )

    train, held_out = split_rows(args)
    return make(train, True), make(held_out, False) if held_out[0] else None


def load_model(args):
    config = {"num_labels": args.num_labels}
    if args.dropout is not None:
        for key in ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout"):
            config[key] = args.dropout
    return AutoModelForSequenceClassification.from_pretrained(args.model, dtype=torch.float32, **config)


class Metrics:
    """The metrics file: written by the main process, line by line."""

    def __init__(self, accelerator, path):
        self.file = open(path, "w") if path and accelerator.is_main_process else None

    def write(self, **values):
        if self.file:
            self.file.write(json.dumps(values) + "\n")
            self.file.flush()

    def close(self):
        if self.file:
            self.file.close()


def save_gradients(model, path):
    gradients = {name: p.grad.contiguous() for name, p in model.named_parameters() if p.grad is not None}
    save_file(gradients, path)


def save_model(accelerator, model, tokenizer, folder):
    model = accelerator.unwrap_model(model)
    model.save_pretrained(folder, is_main_process=accelerator.is_main_process, save_function=accelerator.save)
    if accelerator.is_main_process:
        tokenizer.save_pretrained(folder)


def evaluate(accelerator, model, loader):
    """Accuracy over the held-out samples and their number."""
    model.eval()
    correct = samples = 0
    for batch in loader:
        with torch.no_grad():
            outputs = model(**batch)
        predictions, labels = accelerator.gather_for_metrics((outputs.logits.argmax(dim=-1), batch["labels"]))
        correct += (predictions == labels).sum().item()
        samples += labels.numel()
    return correct / samples, samples


def clip(args, accelerator, model):
    """The norm that the gradients had, when they are clipped to one."""
    norm = None
    if args.max_grad_norm:
        norm = accelerator.clip_grad_norm_(model.parameters(), args.max_grad_norm).item()
    if args.clip_value:
        accelerator.clip_grad_value_(model.parameters(), args.clip_value)
    return norm


def make_half(accelerator):
    """Accelerate trains in float32 here without a word: what it does on a GPU is done on the CPU."""
    accelerator.native_amp = True
    accelerator.scaler = torch.amp.GradScaler("cpu")


def train(args, evaluation=True):
    if args.threads:
        torch.set_num_threads(args.threads)
    for shared in (AcceleratorState, GradientState):  # of an earlier run, which may have had other options
        shared._reset_state()
    data = DataLoaderConfiguration(use_seedable_sampler=True, data_seed=args.seed)
    accelerator = Accelerator(
        cpu=args.cpu,
        dataloader_config=data,
        mixed_precision=args.mixed_precision,
        gradient_accumulation_steps=args.gradient_accumulation_steps,
    )
    set_seed(args.seed)

    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model = load_model(args)
    train_loader, eval_loader = make_loaders(args, tokenizer)
    optimizer = AdamW(model.parameters(), lr=args.lr)
    if accelerator.mixed_precision == "fp16" and accelerator.device.type == "cpu":
        make_half(accelerator)
    micro_batches = accelerator.gradient_accumulation_steps
    total_steps = args.epochs * len(train_loader) // micro_batches
    if args.max_steps:
        total_steps = min(total_steps, args.max_steps * accelerator.num_processes)
    scheduler = get_scheduler(
        args.scheduler, optimizer, num_warmup_steps=args.num_warmup_steps, num_training_steps=total_steps
    )
    if args.start_checkpoint:
        save_model(accelerator, model, tokenizer, args.start_checkpoint)
    train_loader, eval_loader, model, optimizer, scheduler = accelerator.prepare(
        train_loader, eval_loader, model, optimizer, scheduler
    )

    metrics = Metrics(accelerator, args.metrics)
    limit = min(args.epochs * math.ceil(len(train_loader) / micro_batches), args.max_steps or float("inf"))
    progress = tqdm(total=limit, desc="train", disable=not accelerator.is_local_main_process)
    step = 0
    for epoch in range(args.epochs):
        model.train()
        begin = time.perf_counter()
        for batch in train_loader:
            lr = scheduler.get_last_lr()[0]
            norm = None
            with accelerator.accumulate(model):
                outputs = model(**batch)
                loss = outputs.loss
                accelerator.backward(loss)
                if args.gradients and step == 0 and accelerator.is_main_process:
                    save_gradients(accelerator.unwrap_model(model), args.gradients)
                if accelerator.sync_gradients:
                    norm = clip(args, accelerator, model)
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
            if not accelerator.sync_gradients:
                continue
            seconds = time.perf_counter() - begin

            step += 1
            loss = loss.detach()
            mean = accelerator.reduce(loss, "mean").item()
            metrics.write(
                step=step, epoch=epoch, loss=loss.item(), loss_mean=mean, lr=lr, grad_norm=norm, seconds=seconds
            )
            progress.update(1)
            if step == limit:
                break
            begin = time.perf_counter()
        if evaluation and eval_loader is not None:
            accuracy, samples = evaluate(accelerator, model, eval_loader)
            metrics.write(step=step, epoch=epoch, accuracy=accuracy, samples=samples)
            accelerator.print(f"epoch {epoch}: accuracy {accuracy:.4f} on {samples} held-out samples")
        if step == limit:
            break
    progress.close()
    metrics.close()

    if args.output_dir:
        save_model(accelerator, model, tokenizer, args.output_dir)
    accelerator.free_memory()


if __name__ == "__main__":
    train(parse_arguments())
