"""A UniLM training step in eager PyTorch, written as a practitioner would today.

Fused projections of query, key and value, F.scaled_dot_product_attention, fused Adam: the faster
choice of each was taken. The vocabulary head looks at every position, as a UniLM built on a
masked-language model does; `head="answer"` looks only where the loss does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from safetensors.torch import load_file
from torch import Tensor, nn

from worker import serve


class Block(nn.Module):
    """One BERT block, normalised after each half."""

    def __init__(self, config: dict[str, Any], dropout: float) -> None:
        super().__init__()
        size, inner = config["hidden_size"], config["intermediate_size"]
        self.heads, self.dropout = config["num_attention_heads"], dropout
        self.projections = nn.Linear(size, 3 * size)
        self.attention_output = nn.Linear(size, size)
        self.attention_norm = nn.LayerNorm(size, eps=config["layer_norm_eps"])
        self.intermediate = nn.Linear(size, inner)
        self.output = nn.Linear(inner, size)
        self.output_norm = nn.LayerNorm(size, eps=config["layer_norm_eps"])

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Hidden states (batch, length, d) and an additive mask (batch, 1, length, length)."""
        batch, length, size = x.shape
        split = self.projections(x).view(batch, length, 3, self.heads, size // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        rate = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=rate)
        mixed = self.attention_output(mixed.transpose(1, 2).reshape(batch, length, size))
        x = self.attention_norm(x + F.dropout(mixed, self.dropout, self.training))
        mixed = self.output(F.gelu(self.intermediate(x)))
        return self.output_norm(x + F.dropout(mixed, self.dropout, self.training))


class UniLM(nn.Module):
    """BERT with the UniLM mask and a vocabulary head tied to the token embeddings."""

    def __init__(self, config: dict[str, Any], dropout: float) -> None:
        super().__init__()
        size = config["hidden_size"]
        self.dropout = dropout
        self.tokens = nn.Embedding(config["vocab_size"], size)
        self.positions = nn.Embedding(config["max_position_embeddings"], size)
        self.segments = nn.Embedding(config["type_vocab_size"], size)
        self.norm = nn.LayerNorm(size, eps=config["layer_norm_eps"])
        layers = range(config["num_hidden_layers"])
        self.blocks = nn.ModuleList(Block(config, dropout) for _ in layers)
        self.head = nn.Linear(size, size)
        self.head_norm = nn.LayerNorm(size, eps=config["layer_norm_eps"])
        self.bias = nn.Parameter(torch.zeros(config["vocab_size"]))

    def forward(self, ids: Tensor, segments: Tensor, positions: Tensor | None = None) -> Tensor:
        """Logits at every position, or at `positions` (batch, n) alone."""
        order = segments.cumsum(1)
        allowed = order[:, None, None, :] <= order[:, None, :, None]
        mask = torch.zeros(allowed.shape).masked_fill_(~allowed, float("-inf"))
        places = torch.arange(ids.shape[1])
        x = self.norm(self.tokens(ids) + self.positions(places) + self.segments(segments))
        x = F.dropout(x, self.dropout, self.training)
        for block in self.blocks:
            x = block(x, mask)
        if positions is not None:
            x = x[torch.arange(len(x))[:, None], positions]
        x = self.head_norm(F.gelu(self.head(x)))
        return F.linear(x, self.tokens.weight, self.bias)

    def load(self, arrays: dict[str, Tensor]) -> None:
        """Take weights in Hugging Face's naming."""
        state: dict[str, Tensor] = {"bias": arrays["cls.predictions.bias"]}
        tables = {"tokens": "word", "positions": "position", "segments": "token_type"}
        for ours, theirs in tables.items():
            state[f"{ours}.weight"] = arrays[f"bert.embeddings.{theirs}_embeddings.weight"]
        names = {"norm": "bert.embeddings.LayerNorm"}
        names["head"] = "cls.predictions.transform.dense"
        names["head_norm"] = "cls.predictions.transform.LayerNorm"
        for index in range(len(self.blocks)):
            block, layer = f"blocks.{index}", f"bert.encoder.layer.{index}"
            names[f"{block}.attention_output"] = f"{layer}.attention.output.dense"
            names[f"{block}.attention_norm"] = f"{layer}.attention.output.LayerNorm"
            names[f"{block}.intermediate"] = f"{layer}.intermediate.dense"
            names[f"{block}.output"] = f"{layer}.output.dense"
            names[f"{block}.output_norm"] = f"{layer}.output.LayerNorm"
        for kind in ("weight", "bias"):
            state |= {
                f"{ours}.{kind}": arrays[f"{theirs}.{kind}"] for ours, theirs in names.items()
            }
            for index in range(len(self.blocks)):
                prefix = f"bert.encoder.layer.{index}.attention.self"
                parts = [arrays[f"{prefix}.{part}.{kind}"] for part in ("query", "key", "value")]
                state[f"blocks.{index}.projections.{kind}"] = torch.cat(parts)
        self.load_state_dict(state)


class Bench:
    """Model, optimizer and batch, between calls."""

    def load(
        self,
        folder: str,
        batch: dict[str, Any],
        dropout: float,
        learning_rate: float,
        head: str = "all",
        autocast: bool = False,
    ) -> dict[str, str]:
        """Build the model and its Adam; returns versions."""
        torch.manual_seed(0)
        config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
        self.model = UniLM(config, dropout).train()
        self.model.load(load_file(str(Path(folder) / "model.safetensors")))
        self.optimizer = torch.optim.Adam(
            self.model.parameters(), lr=learning_rate, eps=1e-10, fused=True
        )
        self.batch = {name: torch.tensor(values) for name, values in batch.items()}
        self.head, self.autocast = head, autocast
        return {"torch": torch.__version__, "torch_threads": str(torch.get_num_threads())}

    def steps(self, count: int) -> list[float]:
        """Train `count` steps; the loss before every update."""
        return [self._step() for _ in range(count)]

    def _step(self) -> float:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
            loss = self._loss()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def _loss(self) -> Tensor:
        """Mean cross entropy of the answer tokens."""
        batch, targets = self.batch, self.batch["targets"]
        if self.head == "answer":
            logits = self.model(batch["token_ids"], batch["segment_ids"], batch["mask_positions"])
            return F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        logits = self.model(batch["token_ids"], batch["segment_ids"])
        labels = torch.full_like(batch["token_ids"], -100)
        labels.scatter_(1, batch["mask_positions"], targets)
        return F.cross_entropy(logits.flatten(0, 1), labels.flatten())


if __name__ == "__main__":
    bench = Bench()
    serve(load=bench.load, steps=bench.steps)
