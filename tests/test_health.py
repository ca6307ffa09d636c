"""The monitors speak where a training breaks, once, and are silent where it is well."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from functools import cache

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from recyclegan.training.health import Alarm, HealthMonitors
from recyclegan.translators.phase import Pictures

Translate = Callable[[Tensor], Tensor]
NORMAL = {
    "losses/adversarial_a2b": 0.4,
    "losses/adversarial_b2a": 0.3,
    "losses/cycle_a": 0.2,
    "losses/cycle_b": 0.25,
    "losses/discriminator_a": 0.2,
    "losses/discriminator_b": 0.25,
    "gradient_norms/generators": 20.0,
    "gradient_norms/discriminators": 5.0,
    "measures/accuracy_a": 0.7,
    "measures/accuracy_b": 0.8,
}
NUM_WARM_UP = 120


@cache
def scenes(seed: int, size: int = 32) -> Tensor:
    """Return a picture (1,3,S,S) with broad areas and fine detail."""
    random = torch.Generator().manual_seed(seed)
    broad = F.interpolate(torch.rand(1, 3, 4, 4, generator=random), size=size, mode="bilinear")
    return broad * 1.4 - 0.9 + 0.2 * torch.rand(1, 3, size, size, generator=random)


def seen(step: int, translate: Translate = lambda x: 0.9 * x) -> Pictures:
    real_a, real_b = scenes(2 * step % 200), scenes(2 * step % 200 + 1)
    return Pictures(real_a, real_b, {"a": translate(real_b), "b": translate(real_a)})


def jittered(step: int, **changes: float) -> dict[str, float]:
    """Return a healthy step's scalars, up and down by a third; `a__b` stands for `a/b`."""
    wave = 1 + math.sin(step) / 3
    scalars = {n: v if n.startswith("measures") else v * wave for n, v in NORMAL.items()}
    return scalars | {name.replace("__", "/"): value for name, value in changes.items()}


def feed(
    health: HealthMonitors,
    steps: range,
    translate: Translate = lambda x: 0.9 * x,
    **changes: float,
) -> list[Alarm]:
    return [
        alarm
        for step in steps
        for alarm in health.observe(step, jittered(step, **changes), seen(step, translate))
    ]


@pytest.fixture
def healthy() -> HealthMonitors:
    """Return monitors that have seen an ordinary training."""
    health = HealthMonitors()
    assert feed(health, range(NUM_WARM_UP)) == []
    return health


def test_an_ordinary_training_with_single_spikes_raises_nothing():
    health = HealthMonitors()
    for step in range(600):
        spike = {"gradient_norms__generators": 9000.0} if step % 17 == 0 else {}
        assert feed(health, range(step, step + 1), **spike) == []


def test_a_loss_that_is_not_finite_stops_at_once_and_spoils_no_average():
    health = HealthMonitors()
    broken = {"losses__cycle_a": math.nan, "gradient_norms__generators": math.nan}
    alarms = feed(health, range(3), translate=lambda x: x * math.nan, **broken)
    assert [(alarm.kind, alarm.diverged) for alarm in alarms] == [("non-finite", True)]
    assert "losses/cycle_a is nan" in alarms[0].sentence
    assert feed(health, range(3, 3 + NUM_WARM_UP)) == []
    assert [alarm.kind for alarm in feed(health, range(1), losses__cycle_b=math.inf)] == [
        "non-finite"
    ]


@pytest.mark.parametrize(("skipped", "kinds"), [(24, []), (25, ["non-finite"])])
def test_steps_that_a_loss_scaler_skips_are_ordinary_until_they_go_on(skipped, kinds):
    health = HealthMonitors()
    alarms = []
    for start in (0, 100):
        alarms += feed(health, range(start, start + skipped), gradient_norms__generators=math.inf)
        alarms += feed(health, range(start + skipped, start + skipped + 5))
    assert [alarm.kind for alarm in alarms] == 2 * kinds
    assert all(alarm.diverged for alarm in alarms)


@pytest.mark.parametrize(("wild", "kinds"), [(9, []), (10, ["gradient"])])
def test_gradients_far_above_their_median_for_many_steps_are_a_divergence(healthy, wild, kinds):
    alarms = feed(healthy, range(200, 200 + wild), gradient_norms__generators=2000.0)
    alarms += feed(healthy, range(300, 400))
    assert [(alarm.kind, alarm.diverged) for alarm in alarms] == [(kind, True) for kind in kinds]


def test_a_lasting_rise_of_the_gradient_is_told_once_and_becomes_the_usual(healthy):
    feed(healthy, range(200, 600), gradient_norms__generators=2000.0)
    assert feed(healthy, range(600, 700), gradient_norms__generators=2000.0) == []
    assert "gradient" not in healthy.told


def test_a_discriminator_that_wakes_up_again_is_no_divergence(healthy):
    assert feed(healthy, range(200, 500), gradient_norms__discriminators=0.01) == []
    assert feed(healthy, range(500, 600), gradient_norms__discriminators=5.0) == []


def test_a_cycle_error_that_rises_far_above_its_best_is_a_divergence(healthy):
    alarms = feed(healthy, range(200, 300), losses__cycle_b=0.6)
    assert [(alarm.kind, alarm.diverged) for alarm in alarms] == [("cycle", True)]
    assert "losses/cycle_b" in alarms[0].sentence


def test_a_generator_that_starts_at_the_identity_may_lose_its_perfect_cycle():
    health = HealthMonitors()
    start = {"losses__cycle_a": 0.01, "losses__cycle_b": 0.01}
    assert feed(health, range(NUM_WARM_UP), **start) == []
    assert feed(health, range(200, 400)) == []


def test_a_discriminator_that_has_won_for_long_is_a_warning(healthy):
    won = {"measures__accuracy_a": 1.0, "losses__discriminator_a": 0.0}
    assert feed(healthy, range(200, 650), **won) == []
    alarms = feed(healthy, range(650, 1300), **won)
    assert [(alarm.kind, alarm.diverged) for alarm in alarms] == [("discriminator", False)]
    assert "discriminator_a" in alarms[0].sentence


def test_a_discriminator_that_is_right_but_not_sure_still_teaches(healthy):
    assert feed(healthy, range(200, 1000), measures__accuracy_a=1.0) == []


def test_one_picture_for_every_input_is_a_divergence_within_the_warm_up():
    alarms = feed(HealthMonitors(), range(NUM_WARM_UP), translate=lambda x: scenes(7))
    assert [(alarm.kind, alarm.diverged) for alarm in alarms] == [("collapse", True)]


def test_a_generator_that_collapses_later_is_found_within_a_window(healthy):
    alarms = feed(healthy, range(200, 264), translate=lambda x: scenes(7))
    assert [alarm.kind for alarm in alarms] == ["collapse"]


def test_one_picture_in_each_domain_is_no_collapse():
    health, pictures = HealthMonitors(), seen(0)
    for step in range(NUM_WARM_UP):
        assert health.observe(step, jittered(step), pictures) == []


def test_twenty_negatives_are_a_warning_and_told_once():
    health = HealthMonitors()
    alarms = feed(health, range(60), translate=lambda x: -x)
    assert [(alarm.kind, alarm.diverged) for alarm in alarms] == [("colour-inversion", False)]
    assert alarms[0].sentence.startswith("Step 19: ")


def test_the_identity_and_a_night_with_a_dark_sky_are_no_negatives():
    def night(day: Tensor) -> Tensor:
        broad = F.interpolate(F.adaptive_avg_pool2d(day, 4), size=day.shape[-2:])
        return 0.7 * ((day - broad) - broad)

    assert feed(HealthMonitors(), range(60), translate=lambda x: x) == []
    assert feed(HealthMonitors(), range(60), translate=night) == []


def blobs(share: float) -> Translate:
    """Return a translation that paints a share of every picture white."""

    def paint(picture: Tensor) -> Tensor:
        painted = picture.clone().flatten(2)
        painted[:, :, : round(share * painted.shape[-1])] = 1.0
        return painted.view_as(picture)

    return paint


def test_a_young_generator_may_paint_blobs_but_not_only_blobs(healthy):
    assert feed(healthy, range(200, 264), translate=blobs(0.2)) == []
    alarms = feed(healthy, range(264, 328), translate=blobs(0.9))
    assert ("saturation", True) in [(alarm.kind, alarm.diverged) for alarm in alarms]


def test_blobs_are_a_warning_and_a_picture_full_of_them_a_divergence(healthy):
    feed(healthy, range(200, 400))
    alarms = feed(healthy, range(200, 264), translate=blobs(0.15))
    assert [(alarm.kind, alarm.diverged) for alarm in alarms] == [("saturation", False)]
    assert [alarm.kind for alarm in feed(healthy, range(300, 364), translate=blobs(0.15))] == []
    alarms = feed(healthy, range(400, 464), translate=blobs(0.9))
    assert ("saturation", True) in [(alarm.kind, alarm.diverged) for alarm in alarms]


def test_the_share_of_saturated_pixels_is_said(healthy):
    feed(healthy, range(200, 264), translate=blobs(0.03))
    assert healthy.outputs.window.directions[0].fake.extreme == pytest.approx(0.03, abs=0.001)


@pytest.mark.parametrize(
    ("translate", "name"),
    [(lambda x: x * 0.04 - 0.95, "brightness"), (lambda x: x * 0.2, "contrast")],
)
def test_outputs_far_from_both_domains_are_a_warning(healthy, translate, name):
    alarms = feed(healthy, range(200, 264), translate=translate)
    told = [alarm for alarm in alarms if alarm.kind == "output-statistics"]
    assert len(told) == 1 and name in told[0].sentence and not told[0].diverged


def troubled() -> Iterator[tuple[int, dict[str, float], Pictures]]:
    """Yield the steps of a training in which everything goes wrong in turn."""
    for step in range(420):
        changes: dict[str, float] = {}
        if 130 <= step < 175:
            changes = {"gradient_norms__generators": 3000.0}
        if 180 <= step < 206:
            changes = {"gradient_norms__generators": math.inf}
        if step >= 240:
            changes = {"losses__cycle_a": 0.7}
        translate: Translate = (lambda x: -x) if 150 < step < 200 else (lambda x: 0.9 * x)
        yield step, jittered(step, **changes), seen(step, blobs(0.2) if step > 330 else translate)


def through_a_file(state: object) -> dict[str, object]:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True)


@pytest.mark.parametrize("every", [7, 100])
def test_resumed_monitors_say_what_never_stopped_ones_say(every):
    straight, resumed = HealthMonitors(), HealthMonitors()
    kinds = set()
    for step, scalars, pictures in troubled():
        if step % every == 0:
            state = through_a_file(resumed.state_dict())
            resumed = HealthMonitors()
            resumed.load_state_dict(state)
        expected = straight.observe(step, scalars, pictures)
        assert resumed.observe(step, scalars, pictures) == expected
        kinds |= {alarm.kind for alarm in expected}
    assert kinds == {"gradient", "non-finite", "cycle", "colour-inversion", "saturation"}
    torch.testing.assert_close(resumed.state_dict(), straight.state_dict(), rtol=0, atol=0)


def test_a_state_is_a_copy(healthy):
    state = healthy.state_dict()
    kept = through_a_file(state)
    feed(healthy, range(200, 230), losses__cycle_a=0.9)
    torch.testing.assert_close(state, kept, rtol=0, atol=0)


def test_reset_forgets_everything(healthy):
    feed(healthy, range(200, 300), losses__cycle_a=0.9)
    healthy.reset()
    assert healthy.told == {}
    assert feed(healthy, range(NUM_WARM_UP), losses__cycle_a=0.9) == []


def test_memory_does_not_grow_with_the_length_of_a_training(healthy):
    feed(healthy, range(200, 500))
    sizes = []
    for start in (500, 900):
        feed(healthy, range(start, start + 50))
        buffer = io.BytesIO()
        torch.save(healthy.state_dict(), buffer)
        sizes.append(len(buffer.getvalue()))
    assert sizes[1] == pytest.approx(sizes[0], rel=0.001)
    assert sizes[0] < 400_000
