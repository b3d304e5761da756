"""Learn the two towers: ids and content first, then the path that needs no id."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import tensorflow as tf
import tensorflow_recommenders as tfrs

from models.two_tower.losses import full_softmax, sampled_softmax

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    from models.two_tower.recipe import Recipe

    Tensor: TypeAlias = tf.Tensor
    Batch: TypeAlias = dict[str, tf.Tensor]

EVEN_SHARE = 0.5  # of the draws; the rest follow plays, where the hard negatives are


class TitleContent(NamedTuple):
    """What the title tower is given besides ids, row by row."""

    content: NDArray[np.float32]
    """[titles, tokens] what any title has, new ones too: genres, year"""
    popularity: NDArray[np.float32]
    """[titles, buckets] what only a watched title has"""
    known: NDArray[np.float32]
    """[titles] one where anybody watched it"""


class TitleTower(tf.keras.layers.Layer):  # type: ignore[misc]
    """A title is its content, plus, once it has been watched, its id and popularity bucket."""

    def __init__(self, given: TitleContent, recipe: Recipe) -> None:
        super().__init__(name="title_tower")
        self.recipe, self.given = recipe, TitleContent(*(tf.constant(part) for part in given))
        tables = (len(given.known), given.content.shape[1], given.popularity.shape[1])
        self.ids, self.content, self.popularity = (
            self.add_weight(
                name, (rows, recipe.dimension), initializer=_initial(recipe.seed, place)
            )
            for place, (name, rows) in enumerate(
                zip(("ids", "content", "popularity"), tables, strict=True)
            )
        )

    def call(self, codes: Tensor | None = None, hidden: Tensor | None = None) -> Tensor:
        """[titles or codes, dimension] of length one; hidden [titles] are known by content alone."""
        known = self.given.known if hidden is None else self.given.known * (1.0 - hidden)
        tokens, buckets, ids = self.given.content, self.given.popularity, self.ids
        if codes is not None:
            known, tokens, buckets, ids = (
                tf.gather(part, codes) for part in (known, tokens, buckets, ids)
            )
        own = ids + tf.matmul(buckets, self.popularity)
        return tf.math.l2_normalize(
            known[:, tf.newaxis] * own + tf.matmul(tokens, self.content), axis=1
        )


class Candidates(NamedTuple):
    """The titles that stand in the softmax of one step."""

    codes: Tensor | None
    """None: all of them, else [distinct] the drawn ones first"""
    drawn: Tensor | None
    """How many are drawn"""
    places: Tensor
    """[pairs] where each watched title stands among them"""
    log_expected: Tensor | None
    """[drawn]"""


class Drawing:
    """Draw titles for the sampled loss, half by plays and half evenly, repeatably by step."""

    def __init__(self, plays: NDArray[np.int64], recipe: Recipe) -> None:
        self.recipe = recipe
        share = plays / max(int(plays.sum()), 1)
        chance = EVEN_SHARE / len(plays) + (1 - EVEN_SHARE) * share
        chance /= chance.sum()
        self.ceilings = tf.constant(np.cumsum(chance), tf.float64)
        self.log_expected = tf.constant(np.log(recipe.negatives * chance), tf.float32)

    def candidates(self, titles: Tensor, step: Tensor) -> Candidates:
        """The candidates of a step whose profiles watched `titles` [pairs]."""
        if self.recipe.loss == "full":
            return Candidates(None, None, titles, None)
        seed = tf.stack([tf.constant(self.recipe.seed, tf.int64), step])
        points = tf.random.stateless_uniform([self.recipe.negatives], seed, dtype=tf.float64)
        draws = tf.searchsorted(self.ceilings, points * self.ceilings[-1], out_type=tf.int32)
        drawn, _, times = tf.unique_with_counts(draws)
        codes, places = tf.unique(tf.concat([drawn, titles], axis=0))
        log_expected = tf.gather(self.log_expected, drawn) - tf.math.log(tf.cast(times, tf.float32))
        return Candidates(codes, tf.size(drawn), places[tf.size(drawn) :], log_expected)


class Trainable(tfrs.Model):  # type: ignore[misc]
    """What both trainings share: how profile and title vectors meet in a loss."""

    def __init__(self, drawing: Drawing, recipe: Recipe) -> None:
        super().__init__()
        self.drawing, self.recipe = drawing, recipe
        self.mean_loss = tf.keras.metrics.Mean("mean_loss")

    def loss_of(
        self,
        profiles: Tensor,
        titles: Tensor,
        batch: Batch,
        candidates: Candidates,
        wanted: Tensor | None = None,
    ) -> Tensor:
        """The softmax loss of a batch; pairs that are not wanted [pairs] stand in no softmax."""
        profiles = self._thinned(profiles) / self.recipe.temperature
        rows, places, weights = batch["rows"], candidates.places, batch["weights"]
        shown = None
        if wanted is not None:
            shown = tf.stack([rows[~wanted], places[~wanted]], axis=1)
            rows, places, weights = rows[wanted], places[wanted], weights[wanted]
        if candidates.drawn is None:
            logits = tf.matmul(profiles, titles, transpose_b=True)
            loss = full_softmax(logits, rows, places, weights, shown)
        else:
            loss = self._sampled(profiles, titles, batch, candidates, (rows, places, weights))
        self.mean_loss.update_state(loss)
        return loss

    def _sampled(
        self,
        profiles: Tensor,
        titles: Tensor,
        batch: Batch,
        candidates: Candidates,
        wanted: tuple[Tensor, Tensor, Tensor],
    ) -> Tensor:
        rows, places, weights = wanted
        positive = tf.gather(profiles, rows) * tf.gather(titles, places)
        drawn = tf.matmul(profiles, titles[: candidates.drawn], transpose_b=True)
        every = tf.stack([batch["rows"], candidates.places], axis=1)
        return sampled_softmax(
            tf.reduce_sum(positive, axis=1), rows, weights, drawn,
            candidates.log_expected, every[every[:, 1] < candidates.drawn],
        )  # fmt: skip

    def _thinned(self, vectors: Tensor) -> Tensor:
        return tf.nn.experimental.stateless_dropout(
            vectors, self.recipe.vector_dropout, self.randomness(1)
        )

    def randomness(self, use: int) -> Tensor:
        """A seed for one use in this step: equal after a resume, different between uses."""
        return tf.stack([tf.constant(self.recipe.seed + 7919 * use, tf.int64), self.step])

    @property
    def step(self) -> Tensor:
        """How many steps this model has taken."""
        return tf.cast(self.optimizer.iterations, tf.int64)


class IdTowers(Trainable):
    """Two towers meet in one space: a profile is near the titles it will watch."""

    def __init__(
        self, profiles: int, given: TitleContent, drawing: Drawing, recipe: Recipe
    ) -> None:
        super().__init__(drawing, recipe)
        self.title_tower = TitleTower(given, recipe)
        self.profile_ids = self.add_weight(
            "profile_ids", (profiles, recipe.dimension), initializer=_initial(recipe.seed, 10)
        )

    def compute_loss(self, batch: Batch, training: bool = False) -> Tensor:
        """The loss of one step; some titles are shown by content alone, as new ones will be."""
        del training
        titles = len(self.title_tower.given.known)
        hidden = tf.random.stateless_uniform([titles], self.randomness(2))
        hidden = tf.cast(hidden < self.recipe.title_dropout, tf.float32)
        candidates = self.drawing.candidates(batch["titles"], self.step)
        vectors = self.title_tower(candidates.codes, hidden=hidden)
        profiles = tf.math.l2_normalize(tf.gather(self.profile_ids, batch["profiles"]), axis=1)
        return self.loss_of(profiles, vectors, batch, candidates)


class HistoryTowers(Trainable):
    """A profile without an id is what it watched, who it is, and what everybody watches.

    The title vectors stand still: what the id towers have learned is not disturbed, and the path
    learns to point where an id would.
    """

    def __init__(
        self,
        titles: NDArray[np.float32],
        profile_tokens: NDArray[np.float32],
        drawing: Drawing,
        recipe: Recipe,
    ) -> None:
        super().__init__(drawing, recipe)
        self.titles, self.tokens = tf.constant(titles), tf.constant(profile_tokens)
        self.watched, self.traits = (
            self.add_weight(
                name, (rows, recipe.dimension), initializer=_initial(recipe.seed, place)
            )
            for name, rows, place in (
                ("watched", len(titles), 20),
                ("traits", profile_tokens.shape[1], 21),
            )
        )

    def compute_loss(self, batch: Batch, training: bool = False) -> Tensor:
        """Show a random part of each history and predict the rest, with what is shown hidden."""
        del training
        profiles = tf.size(batch["profiles"])
        low, high = self.recipe.history_kept
        share = tf.random.stateless_uniform([profiles], self.randomness(3), low, high)
        empty = tf.random.stateless_uniform([profiles], self.randomness(4))
        share *= tf.cast(empty >= self.recipe.history_empty, tf.float32)
        draw = tf.random.stateless_uniform(tf.shape(batch["rows"]), self.randomness(5))
        shown = draw < tf.gather(share, batch["rows"])
        weights = batch["recency"] * tf.cast(shown, tf.float32)
        vectors = tf.gather(self.watched, batch["titles"]) * weights[:, tf.newaxis]
        history = tf.math.unsorted_segment_sum(vectors, batch["rows"], profiles)
        traits = tf.matmul(tf.gather(self.tokens, batch["profiles"]), self.traits)
        candidates = self.drawing.candidates(batch["titles"], self.step)
        titles = (
            self.titles if candidates.codes is None else tf.gather(self.titles, candidates.codes)
        )
        pointed = tf.math.l2_normalize(history + traits, axis=1)
        return self.loss_of(pointed, titles, batch, candidates, ~shown)


def _initial(seed: int, place: int) -> tf.keras.initializers.Initializer:
    return tf.keras.initializers.RandomUniform(-0.05, 0.05, seed=seed + place)
