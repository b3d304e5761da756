"""Say how the towers are trained; the sizes of the data choose the loss."""

from __future__ import annotations

from dataclasses import dataclass

FULL_SOFTMAX_TITLES = 10_000
"""Up to here every title stands in every softmax: exact, and one matrix product on two cores."""
FULL_RECIPE_WATCHES = 2_000_000
"""Above this many watches epochs are cut, so that training does not grow with the log."""
MOVED_ROWS = 50_000
"""Up to here Adam moves every row at every step (nDCG@10 .003 better than resting rows); beyond,
that is most of the work, and rows rest while unused."""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training besides its data; docs/adr/0020 has the measurements."""

    dimension: int = 256
    """The length of a vector."""
    temperature: float = 0.2
    """Cosines are divided by this; smaller is sharper."""
    loss: str = "full"
    """full: softmax over the catalogue; sampled: over drawn titles with the logQ correction."""
    epochs: int = 40
    """Passes over the profiles in which ids and title content are learned."""
    history_epochs: int = 20
    """Passes in which the history path learns to stand in for the id of a profile."""
    batch_profiles: int = 128
    """Profiles in a step, each with all that it watched."""
    learning_rate: float = 0.005
    """Adam's, falling linearly to nothing over the second half."""
    vector_dropout: float = 0.1
    """The share of a profile vector's places that a training step hides."""
    title_dropout: float = 0.1
    """The share of titles that a step knows by their content alone, as a new title will be."""
    profile_power: float = 0.25
    """A profile with n watches weighs n ** (1 - this), so that the busiest do not decide alone."""
    history_share: float = 0.4
    """What the history path adds to the id path of a profile that has both."""
    recency_power: float = 0.25
    """The r-th newest watch counts r ** -this in a history."""
    history_length: int = 500
    """How many of its newest titles describe a profile."""
    history_kept: tuple[float, float] = (0.5, 0.95)
    """The range of shares of a history that a step shows; the rest is to be predicted."""
    history_empty: float = 0.05
    """How often a step shows no history, so that a profile without any gets what most watch."""
    resting_rows: bool = False
    """Whether Adam leaves rows alone that a step has not used."""
    negatives: int = 4096
    """Titles drawn for each step of the sampled loss, half by plays and half evenly."""
    seed: int = 0
    """Every random choice derives from it and the step."""

    @classmethod
    def for_size(cls, titles: int, profiles: int, watches: int, seed: int) -> Recipe:
        """The recipe for a catalogue, membership and log of this size."""
        share = min(1.0, FULL_RECIPE_WATCHES / max(watches, 1))
        small = titles <= FULL_SOFTMAX_TITLES
        return cls(
            loss="full" if small else "sampled",
            dimension=256 if small else 64,
            epochs=max(5, round(40 * share)),
            history_epochs=max(3, round(20 * share)),
            resting_rows=max(titles, profiles) > MOVED_ROWS,
            seed=seed,
        )
