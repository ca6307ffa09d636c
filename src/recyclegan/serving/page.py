"""The page: one picture with a slider for each model, many pictures as a zip, and the cards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from recyclegan.errors import RunFailed
from recyclegan.serving.about import about, cautions
from recyclegan.serving.models import all_ways
from recyclegan.serving.results import Results, Shown

CSS = (Path(__file__).parent / "page.css").read_text()
THEME = gr.themes.Base(
    primary_hue="amber",
    neutral_hue="slate",
    radius_size="lg",
    # Names of fonts that systems have: gradio's own would be asked of another server.
    font=["system-ui", "sans-serif"],
    font_mono=["ui-monospace", "monospace"],
)
QUEUE = 64
"""Requests that wait; whoever comes after them is asked to try again."""


def make_page(results: Results, examples: Sequence[Path], keep_seconds: int) -> gr.Blocks:
    """Return the page; what it makes is deleted after `keep_seconds`."""
    models, ways = results.models, all_ways(results.models)
    every = max(1, min(60, keep_seconds))
    with gr.Blocks(
        title="ReCycleGAN",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(every, keep_seconds),
    ) as page:
        page.temp_file_sets.append(results.made)
        gr.HTML(_heading(results), elem_classes="heading")
        with gr.Tab("One picture"), gr.Row(equal_height=False):
            with gr.Column(scale=1, min_width=300):
                picture = gr.Image(
                    label="Picture",
                    type="filepath",
                    image_mode=None,
                    sources=["upload", "webcam", "clipboard"],
                    webcam_options=gr.WebcamOptions(mirror=False),
                    height=260,
                    elem_id="picture",
                )
                way = gr.Radio(ways, value=ways[0], label="Direction", elem_id="way")
                strength = gr.Slider(0, 1, 1, step=0.05, label="Strength", elem_id="strength")
                gr.Examples([[str(path)] for path in examples], [picture], label="Drawn streets")
            sliders, buttons = _panels(results)
        with gr.Tab("Many pictures"):
            _batch(results, ways)
        gr.HTML(f'<div class="models">{"".join(map(about, models))}</div>')
        gr.HTML(cautions())
        # What gradio would do with a file that was sent is done in `read_upload`, within limits.
        picture.preprocess = _path_of
        _on_change(results, picture, way, strength, sliders, buttons)
    page.queue(max_size=QUEUE, default_concurrency_limit=1)
    return page


def _heading(results: Results) -> str:
    ways = escape(", ".join(all_ways(results.models)))
    return (
        f"<h1>{ways}</h1><p>{escape(str(results.limits))} Pictures stay on this server for a while "
        "and are deleted then.</p>"
    )


def _panels(results: Results) -> tuple[list[gr.ImageSlider], list[gr.DownloadButton]]:
    """Lay out a before/after slider and a download for each model."""
    sliders, buttons = [], []
    with gr.Column(scale=3, min_width=300), gr.Row(elem_classes="panels"):
        for number, model in enumerate(results.models):
            with gr.Column(min_width=300):
                sliders.append(
                    gr.ImageSlider(
                        label=f"{model.name}: before | after",
                        type="filepath",
                        interactive=False,
                        buttons=["fullscreen"],
                        max_height=720,
                        elem_id=f"slider-{number}",
                    )
                )
                buttons.append(
                    gr.DownloadButton(
                        f"Download: {model.name}",
                        interactive=False,
                        size="sm",
                        elem_id=f"download-{number}",
                    )
                )
    return sliders, buttons


def _on_change(
    results: Results,
    picture: gr.Image,
    way: gr.Radio,
    strength: gr.Slider,
    sliders: list[gr.ImageSlider],
    buttons: list[gr.DownloadButton],
) -> None:
    """Translate at each new picture or direction, and blend anew at each new strength."""

    def show(path: str | None, way: str, strength: float) -> list[Any]:
        if not path:
            return [gr.skip()] * (len(sliders) + len(buttons))
        shown = kindly(lambda: results.show(Path(path), way, strength))
        return [*map(_pair, shown), *map(_download, shown)]

    inputs, outputs = [picture, way, strength], [*sliders, *buttons]
    shared: dict[str, Any] = {"fn": show, "inputs": inputs, "outputs": outputs}
    # A shot of the camera is an input and no change, an example a change and no input; what is
    # chosen while a picture is computed counts when that is done.
    gr.on(
        [picture.change, picture.input, way.change],
        api_name="translate",
        trigger_mode="always_last",
        **shared,
    )
    strength.release(
        api_name=False,
        concurrency_limit=2,
        show_progress="hidden",
        trigger_mode="always_last",
        **shared,
    )


def _batch(results: Results, ways: Sequence[str]) -> None:
    names = [model.name for model in results.models]
    with gr.Row(equal_height=False):
        with gr.Column(min_width=300):
            files = gr.File(
                label=f"Up to {results.limits.num_files} pictures",
                file_count="multiple",
                elem_id="files",
            )
            way = gr.Radio(ways, value=ways[0], label="Direction")
            strength = gr.Slider(0, 1, 1, step=0.05, label="Strength")
            model = gr.Radio(names, value=names[0], label="Model", visible=len(names) > 1)
            start = gr.Button("Translate all", variant="primary", elem_id="start")
        with gr.Column(min_width=300):
            archive = gr.File(label="Results", interactive=False, elem_id="archive")
            said = gr.HTML(elem_id="said")

    def run(
        paths: list[str] | None,
        model: str,
        way: str,
        strength: float,
        progress: Any = gr.Progress(),  # noqa: B008 gradio finds it by this default.
    ) -> tuple[str | None, str]:
        if not paths:
            raise gr.Error("Drop some pictures first.", title="", print_exception=False)
        made, failed = kindly(
            lambda: results.zip_of(
                [Path(path) for path in paths],
                model,
                way,
                strength,
                lambda done, total: progress((done, total), unit="pictures"),
            )
        )
        lines = [f"{len(paths) - len(failed)} of {len(paths)} translated.", *failed]
        return made and str(made), "".join(f"<p>{escape(line)}</p>" for line in lines)

    files.preprocess = _paths_of
    start.click(run, [files, model, way, strength], [archive, said], api_name="batch")


def kindly(work: Callable[[], Any]) -> Any:
    """Return what work returns; what it refuses becomes a sentence on the page."""
    try:
        return work()
    except RunFailed as error:
        raise gr.Error(str(error), title="", print_exception=False) from None


def _pair(shown: Shown) -> Any:
    return (str(shown.before), str(shown.after)) if shown.after else None


def _download(shown: Shown) -> Any:
    return gr.update(value=shown.after and str(shown.after), interactive=bool(shown.after))


def _path_of(payload: Any) -> str | None:
    return payload.path if payload else None


def _paths_of(payload: Any) -> list[str]:
    return [file.path for file in getattr(payload, "root", None) or ()]
