"""The reader's network in plain PyTorch, for a long training without a GPU.

On two cores with bfloat16 products (AVX-512 BF16) a step takes a third of the time of octavo's own
training on JAX: products and attention are oneDNN's, and the table of tokens is not trained. The
weights have the names of a preset's model.safetensors; tests/recipes/test_reader_torch.py compares
network and loss with octavo's.

Needs torch 2.13 beside octavo: pip install torch
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from octavo._keras import ops
from octavo.reading.places import CLOSED, RIGHT
from octavo.transformer.masks import MASKED, AttentionMask
from octavo.transformer.question_match import QuestionMatch

FROZEN = "bert.embeddings.word_embeddings."
HEAD = "octavo.pointer."


class ReaderNetwork(torch.nn.Module):
    """BERT with a pointer at the prefix.

    Args:
        arrays: of a reader's preset, by name.
        sep_id: the token id of [SEP].
        heads: of the attention.
        epsilon: of the layer norms.
        dropout: rate of the states while training.
    """

    def __init__(
        self,
        arrays: Mapping[str, np.ndarray],
        sep_id: int,
        heads: int = 12,
        epsilon: float = 1e-12,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.heads, self.epsilon, self.dropout = heads, epsilon, dropout
        self.layers = sum(name.endswith("intermediate.dense.bias") for name in arrays)
        self.match, self.mask = QuestionMatch(sep_id), AttentionMask("unilm")
        for name, array in arrays.items():
            weights = torch.nn.Parameter(torch.tensor(array), not name.startswith(FROZEN))
            self.register_parameter(name.replace(".", "/"), weights)

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights by name."""
        return {
            name.replace("/", "."): weights.detach().numpy()
            for name, weights in self.named_parameters()
        }

    def _get(self, name: str) -> torch.Tensor:
        return self.get_parameter(name.replace(".", "/"))

    def _dense(self, hidden: torch.Tensor, name: str) -> torch.Tensor:
        return functional.linear(hidden, self._get(f"{name}.weight"), self._get(f"{name}.bias"))

    def _norm(self, hidden: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias = self._get(f"{name}.weight"), self._get(f"{name}.bias")
        normed = functional.layer_norm(hidden, weight.shape, weight, bias, self.epsilon)
        return normed.bfloat16() if torch.is_autocast_enabled("cpu") else normed

    def _drop(self, states: torch.Tensor) -> torch.Tensor:
        return functional.dropout(states, self.dropout, self.training)

    def encode(self, tokens: torch.Tensor, types: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """States (batch, length, d)."""
        embeddings = "bert.embeddings"
        hidden = functional.embedding(tokens, self._get(f"{embeddings}.word_embeddings.weight"))
        hidden = hidden + functional.embedding(
            types, self._get(f"{embeddings}.token_type_embeddings.weight")
        )
        places = self._get(f"{embeddings}.position_embeddings.weight")[: tokens.shape[1]]
        hidden = self._drop(self._norm(hidden + places, f"{embeddings}.LayerNorm"))
        batch, length, width = hidden.shape
        for layer in range(self.layers):
            block = f"bert.encoder.layer.{layer}"
            query, key, value = (
                self._dense(hidden, f"{block}.attention.self.{part}")
                .view(batch, length, self.heads, width // self.heads)
                .transpose(1, 2)
                for part in ("query", "key", "value")
            )
            scores = query @ (key * key.shape[-1] ** -0.5).transpose(2, 3)
            mixed = (scores + mask.to(scores.dtype)).softmax(-1) @ value
            mixed = mixed.transpose(1, 2).reshape(batch, length, width)
            attended = self._drop(self._dense(mixed, f"{block}.attention.output.dense"))
            hidden = self._norm(hidden + attended, f"{block}.attention.output.LayerNorm")
            inner = functional.gelu(self._dense(hidden, f"{block}.intermediate.dense"))
            inner = self._drop(self._dense(inner, f"{block}.output.dense"))
            hidden = self._norm(hidden + inner, f"{block}.output.LayerNorm")
        return hidden

    def scores(self, inputs: Mapping[str, Any], marks: np.ndarray) -> torch.Tensor:
        """Scores float32 (batch, n, length) of the places; those of no choice are MASKED.

        Args:
            inputs: token_ids, segment_ids and mask_positions of `ExampleSampler.arrays`.
            marks: its labels.
        """
        ids, segments = (ops.convert_to_tensor(inputs[n]) for n in ("token_ids", "segment_ids"))
        states = self.encode(ids, self.match(ids, segments), self.mask(ids, segments))
        width = states.shape[-1]
        positions = torch.as_tensor(inputs["mask_positions"], dtype=torch.int64)
        asked = torch.gather(states, 1, positions[:, :, None].expand(-1, -1, width))
        query, key = self._dense(asked, f"{HEAD}query"), self._dense(states, f"{HEAD}key")
        scores = (query @ key.transpose(1, 2)).float() * width**-0.5
        return scores.masked_fill(torch.from_numpy(marks) == CLOSED, MASKED)

    def forward(self, inputs: Mapping[str, Any], marks: np.ndarray) -> torch.Tensor:
        """Log probabilities float32 (batch, n) of the right places, as octavo's PlaceLoss."""
        return find_right(self.scores(inputs, marks), marks)


def find_right(scores: torch.Tensor, marks: np.ndarray) -> torch.Tensor:
    """Log probabilities float32 (batch, n) of the right places, by scores of all."""
    right = scores.masked_fill(torch.from_numpy(marks) != RIGHT, MASKED)
    return right.logsumexp(-1) - scores.logsumexp(-1)


def make_groups(network: ReaderNetwork, rate: float, faster: float) -> list[dict[str, Any]]:
    """The optimizer's groups: matrices decay, the new pointer learns so many times faster."""
    trained = {
        name.replace("/", "."): weights
        for name, weights in network.named_parameters()
        if weights.requires_grad
    }
    head = {name for name in trained if name.startswith(HEAD)}
    plain = {name for name in trained if name.endswith("bias") or "LayerNorm" in name} - head
    return [
        {"params": [trained[name] for name in sorted(names)], "rate": rate * times, **decay}
        for names, times, decay in (
            (set(trained) - head - plain, 1.0, {"weight_decay": 0.01}),
            (plain, 1.0, {"weight_decay": 0.0}),
            (head, faster, {"weight_decay": 0.0}),
        )
    ]
