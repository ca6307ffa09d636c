"""The colours that toned generators start from, measured on the pictures they will learn from."""

from __future__ import annotations

from recyclegan.data.pairs import UnpairedPictures
from recyclegan.networks.resnet_generator import ResNetGenerator
from recyclegan.training.state import TrainingState
from recyclegan.translators.translator import GENERATORS


def fit_tones(state: TrainingState, dataset: UnpairedPictures) -> None:
    """Show each toned generator, and its average, the training pictures of where it leads."""
    for direction in state.translator.directions:
        learned, averaged = (
            networks[GENERATORS[direction]]
            for networks in (state.generators, state.averaged_generators)
        )
        assert isinstance(learned, ResNetGenerator) and isinstance(averaged, ResNetGenerator)
        if learned.tone is not None and averaged.tone is not None:
            learned.tone.fit(dataset.whole(direction[-1]))
            averaged.tone.load_state_dict(learned.tone.state_dict())
