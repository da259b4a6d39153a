"""Does transformers load a folder that the C library saved, and compute the same logits? The exit status is the verdict.

    check_interchange.py --saved DIR --data FILE [--logits FILE] [--dump FILE]

Loads DIR as a sequence classifier: no key may be missing, unexpected or of another shape. Takes the first 64 held-out sentences,
by the data options of reference.py, through the folder's own tokenizer (--tokenizer DIR for another). --logits names a
safetensors file that the C side wrote for these sentences, with logits, input_ids, attention_mask, token_type_ids: ids must be
equal, logits within --tolerance. --dump writes the same keys as computed here.
"""

import argparse
import sys

import reference
import torch
from oracle_parity import SENTENCES, held_out_batch
from safetensors.torch import load_file, save_file

IDS = ("input_ids", "attention_mask", "token_type_ids")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--saved", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--tokenizer", help="default: the saved folder")
    parser.add_argument("--logits")
    parser.add_argument("--dump")
    parser.add_argument("--tolerance", type=float, default=1e-5)
    return parser.parse_args()


def report(passed, text):
    print(f"{'ok  ' if passed else 'FAIL'} {text}")
    return passed


def load(folder):
    """The model in eval mode and whether every key found its place."""
    model, info = reference.AutoModelForSequenceClassification.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True
    )
    problems = {key: sorted(map(str, value)) for key, value in info.items() if value}
    return model.eval(), report(not problems, f"{folder}: keys {problems or 'all found, none left over'}")


def compare(batch, logits, path, tolerance):
    saved = load_file(path)
    missing = [key for key in ("logits", *IDS) if key not in saved]
    if missing:
        return report(False, f"{path}: lacks {', '.join(missing)}")
    good = True
    for key in IDS:
        good &= report(torch.equal(saved[key].long(), batch[key]), f"{key} {tuple(saved[key].shape)} equal")
    if saved["logits"].shape != logits.shape:
        return report(False, f"logits {tuple(saved['logits'].shape)}, expected {tuple(logits.shape)}")
    worst = (saved["logits"] - logits).abs().max().item()
    return good & report(worst <= tolerance, f"logits differ by at most {worst:.2e} of {tolerance:.0e}")


def main():
    args = parse_arguments()
    model, good = load(args.saved)
    tokenizer = reference.AutoTokenizer.from_pretrained(args.tokenizer or args.saved)
    options = reference.parse_arguments(["--model", args.saved, "--data", args.data])
    batch = held_out_batch(options, tokenizer)
    inputs = {key: batch[key] for key in IDS}
    with torch.no_grad():
        logits = model(**inputs).logits
    correct = (logits.argmax(dim=-1) == batch["labels"]).sum().item()
    print(f"     {correct} of {SENTENCES} held-out sentences labelled right")
    if args.dump:
        save_file({"logits": logits, **inputs}, args.dump)
    if args.logits:
        good &= compare(batch, logits, args.logits, args.tolerance)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
