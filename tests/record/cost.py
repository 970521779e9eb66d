"""What a recording costs at the shape of SmolLM2-135M, with random weights: cost.py [ROUNDS [TOKENS]]

Rounds of ten updates are timed in turns, with a recording of every tenth update and without, in processor time of one
thread. Every linear module of the thirty blocks has an adapter of rank 8. A batch is two sequences of TOKENS tokens,
and the probe is one. The ratio is the median over pairs of neighbouring rounds. Ten rounds take some ten minutes.
"""

import statistics
import sys
import time

import peft
import torch
import transformers

from lora_limits.torch import record

EVERY = 10


def smollm2():
    """SmolLM2-135M with random weights: 576 × 30, 9 heads, 3 of keys and values, an MLP of 1536, a tied head."""
    config = transformers.LlamaConfig(
        vocab_size=49152, hidden_size=576, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
        intermediate_size=1536, max_position_embeddings=2048, tie_word_embeddings=True,
        attn_implementation="eager")
    model = transformers.LlamaForCausalLM(config)
    return peft.get_peft_model(model, peft.LoraConfig(r=8, target_modules="all-linear")).train()


def round_of(model, optimizer, batch):
    """Processor seconds of EVERY updates."""
    start = time.process_time()
    for _ in range(EVERY):
        model(**batch, labels=batch["input_ids"]).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return time.process_time() - start


def main(rounds, length):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = smollm2()
    optimizer = torch.optim.AdamW([weight for weight in model.parameters() if weight.requires_grad], lr=1e-4)
    # With a mask transformers looks for no packed sequences, for which it would ask the absent CUDA.
    batch, probe = (
        {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        for ids in torch.randint(0, 49152, (3, length)).split([2, 1]))
    round_of(model, optimizer, batch)
    ratios = []
    for _ in range(rounds):
        plain = round_of(model, optimizer, batch)
        recording = record(model, probe, every=EVERY)
        ratios.append(round_of(model, optimizer, batch) / plain)
        recording.close()
    low, high = min(ratios), max(ratios)
    print(
        f"recording every {EVERY}th update of two sequences of {length} tokens: {statistics.median(ratios):.3f} of the "
        f"time without, from {low:.3f} to {high:.3f} in {rounds} pairs")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*(given + [10, 64][len(given):]))
