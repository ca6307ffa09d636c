from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from recyclegan.data.scenes.haze import add_haze
from recyclegan.data.scenes.scene import View
from recyclegan.data.scenes.surfaces import Kind
from recyclegan.data.scenes.textures import stripes

INDICES = range(12)


def render(seed, index, size):
    view = View(seed, index, size)
    return SimpleNamespace(
        day=view.day(),
        night=view.night(),
        hazy=view.hazy(),
        depth=view.depth(),
        classes=view.classes(),
    )


@pytest.fixture(scope="module")
def scenes():
    return [render(3, index, 64) for index in INDICES]


def luminance(picture):
    return picture @ np.array([0.2126, 0.7152, 0.0722])


def correlation(a, b):
    return np.corrcoef(a.ravel(), b.ravel())[0, 1]


def edges(picture):
    grey = np.log(luminance(picture) + 8)
    return np.hypot(np.diff(grey, axis=0)[:, 1:], np.diff(grey, axis=1)[1:])


@pytest.mark.parametrize("size", [33, 64])
def test_shapes_types_and_ranges(size):
    scene = render(0, 0, size)
    for picture in (scene.day, scene.night, scene.hazy):
        assert picture.shape == (size, size, 3)
        assert picture.dtype == np.uint8
    assert scene.depth.shape == scene.classes.shape == (size, size)
    assert scene.depth.dtype == np.float32
    assert scene.classes.dtype == np.uint8
    assert np.isfinite(scene.depth).all()
    assert scene.depth.min() > 0.5
    assert scene.depth.max() <= 1000.5
    assert set(np.unique(scene.classes)) <= {int(kind) for kind in Kind}


def test_same_seed_same_pixels_and_another_seed_or_index_another_street():
    first, again = render(5, 2, 48), render(5, 2, 48)
    for name in ("day", "night", "hazy", "depth", "classes"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
    for other in (render(6, 2, 48), render(5, 3, 48)):
        assert not np.array_equal(first.classes, other.classes)
        assert not np.array_equal(first.day, other.day)


def test_a_picture_does_not_depend_on_what_was_rendered_before_it():
    alone = View(5, 0, 48).night()
    view = View(5, 0, 48)
    view.day()
    view.hazy()
    assert np.array_equal(alone, view.night())


def test_night_is_darker_than_day_in_every_scene_and_so_is_its_sky(scenes):
    for scene in scenes:
        day, night = luminance(scene.day), luminance(scene.night)
        sky = scene.classes == Kind.SKY
        assert sky.sum() > 100
        assert day.mean() > 90
        assert night.mean() < 70
        assert day[sky].mean() > 130
        assert np.median(night[sky]) < 45
        assert night[sky].mean() < 0.35 * day[sky].mean()


def test_night_has_lights_and_lit_ground(scenes):
    for scene in scenes:
        night = luminance(scene.night)
        assert (night > 200).sum() >= 5
        assert night[scene.classes == Kind.ROAD].std() > 3


def test_day_and_night_show_the_same_geometry(scenes):
    own, other = [], []
    for index, scene in enumerate(scenes):
        own.append(correlation(edges(scene.day), edges(scene.night)))
        other.append(correlation(edges(scene.day), edges(scenes[index - 1].night)))
    assert min(own) > 0.2
    assert np.mean(own) > np.mean(other) + 0.15


def jumps(values):
    """Where neighbours differ by more than 0.5 (H-1, W-1): another class, or 65 % more depth."""
    return np.hypot(np.diff(values, axis=0)[:, 1:], np.diff(values, axis=1)[1:]) > 0.5


@pytest.mark.parametrize("picture", ["day", "night", "hazy"])
@pytest.mark.parametrize("geometry", ["depth", "classes"])
def test_every_picture_of_a_view_shares_depth_and_classes(scenes, picture, geometry):
    borders = [
        jumps(scene.classes.astype(float) if geometry == "classes" else np.log(scene.depth))
        for scene in scenes
    ]
    fits = np.empty((len(scenes), len(scenes)))
    for row, scene in zip(fits, scenes, strict=True):
        contrast = edges(getattr(scene, picture))
        row[:] = [contrast[border].mean() / contrast[~border].mean() for border in borders]
    own = fits.diagonal()
    assert own.mean() > 1.15 * fits.mean()


def test_drawing_a_picture_leaves_depth_and_classes_as_they_were():
    view = View(3, 1, 48)
    depth, classes = view.depth(), view.classes()
    for draw in (view.day, view.night, view.hazy):
        draw()
        assert np.array_equal(view.depth(), depth)
        assert np.array_equal(view.classes(), classes)


def test_the_sky_is_far_and_the_road_comes_nearer_downwards(scenes):
    for scene in scenes:
        assert np.median(scene.depth[scene.classes == Kind.SKY]) > 999
        # Of two road pixels in a column the lower is nearer, up to samples of something else.
        road = np.where(scene.classes == Kind.ROAD, scene.depth, np.nan)
        bottom, higher = road[60], road[50]
        both = ~np.isnan(bottom) & ~np.isnan(higher)
        assert both.any()
        assert (bottom[both] < higher[both]).all()


def test_a_street_has_what_a_street_has(scenes):
    seen = {int(kind) for scene in scenes for kind in np.unique(scene.classes)}
    assert seen == {int(kind) for kind in Kind}
    for scene in scenes:
        shares = {kind: float((scene.classes == kind).mean()) for kind in Kind}
        assert shares[Kind.ROAD] > 0.15
        assert shares[Kind.BUILDING] > 0.05
        assert shares[Kind.VEHICLE] > 0.005


def test_geometry_is_the_same_at_every_size():
    small, large = View(4, 1, 32).depth(), View(4, 1, 64).depth()
    shrunk = 1 / (1 / large).reshape(32, 2, 32, 2).mean(axis=(1, 3))
    agreeing = np.abs(np.log(small / shrunk)) < 0.05
    assert agreeing.mean() > 0.8


def test_exposure_varies_little_within_a_domain(scenes):
    for name in ("day", "night"):
        means = [luminance(getattr(scene, name)).mean() for scene in scenes]
        assert np.std(means) < 15


@pytest.mark.parametrize("beta", [0.005, 0.02])
def test_haze_equation_gives_the_clear_picture_back(scenes, beta):
    airlight = (0.8, 0.8, 0.85)
    for scene in scenes[:4]:
        hazy = add_haze(scene.day, scene.depth, beta, airlight)
        clear = np.exp(-beta * scene.depth)[..., None]
        recovered = (hazy - 255 * np.array(airlight) * (1 - clear)) / clear
        assert (np.abs(recovered - scene.day) <= 0.5 / clear + 0.01).all()


def test_haze_hides_the_far_more_than_the_near(scenes):
    view = View(3, 0, 64)
    change = np.abs(view.hazy().astype(float) - view.day()).mean(axis=2)
    depth = view.depth()
    assert change[(depth > 60) & (depth < 200)].mean() > 2 * change[depth < 8].mean()


def test_stripes_keep_their_share_at_any_width():
    place = np.linspace(0, 50, 4000).astype(np.float32)
    for width in (0.01, 0.3, 1.0, 7.3):
        covered = stripes(place, 0.3, np.full_like(place, width))
        assert covered.mean() == pytest.approx(0.3, abs=0.02)
        assert covered.min() >= -1e-3
        assert covered.max() <= 1 + 1e-3
    far = stripes(place, 0.3, np.full_like(place, 20.0))
    assert np.ptp(far) < 0.05
