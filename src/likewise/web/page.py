"""The page: header, status line, tabs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, cast

import gradio as gr

from likewise.web import components, encode, example, find, html, model, similarity
from likewise.web.job_runner import JobRunner
from likewise.web.page_context import PageContext
from likewise.web.registry import Choice
from likewise.web.samples import Samples
from likewise.web.translations import LANGUAGES, Translations

FONTS = (
    "system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "PingFang SC",
    "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Micro Hei", "sans-serif",
)  # fmt: skip
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace")

SECTIONS = ("collections", "explore", "compare", "train")
"""Of the workspace, in the order of its navigation."""

STATE_SECONDS = 3600
"""Seconds after which the state of a closed page and its uploads are deleted."""


def build_page(
    t: Translations, runner: JobRunner, choice: Choice, results: Path, *, workspace: bool = False
) -> gr.Blocks:
    """The page in one language.

    Args:
        t: the translations.
        runner: runs the jobs.
        choice: the initial model.
        results: folder of saved example tests.
        workspace: whether to link to the workspace at `/app`.
    """
    with gr.Blocks(
        title=t("title"), analytics_enabled=False, delete_cache=(600, STATE_SECONDS)
    ) as page:
        chosen = gr.State(choice, time_to_live=STATE_SECONDS)
        with gr.Column(elem_id="header"):
            gr.HTML(_header(t, workspace=workspace), elem_id="masthead", padding=False)
            status = gr.HTML(
                html.dot_status(False, choice.name, t("status.off")), elem_id="status",
                padding=False,
            )  # fmt: skip
        samples = Samples(t, choice.name)
        context = PageContext(t, runner, chosen, status, results, samples)
        with gr.Tabs(selected="similarity", overflow_behavior="wrap", elem_id="tabs"):
            with gr.Tab(t("tab.model"), id="model", elem_id="tab-model"):
                _about(t, "model")
                inputs = model.ModelTab(context, page).inputs
            with gr.Tab(t("tab.similarity"), id="similarity", elem_id="tab-similarity"):
                _about(t, "similarity")
                samples.note("similarity")
                inputs |= similarity.SimilarityTab(context).inputs
            with gr.Tab(t("tab.encode"), id="encode", elem_id="tab-encode"):
                _about(t, "encode")
                samples.note("encode")
                inputs |= encode.EncodeTab(context).inputs
            with gr.Tab(t("tab.find"), id="find", elem_id="tab-find"):
                _about(t, "find")
                samples.note("find")
                found = find.FindTab(context)
                inputs |= found.inputs
            with gr.Tab(t("tab.example"), id="example", elem_id="tab-example"):
                _about(t, "example")
                samples.note("example")
                inputs |= example.ExampleTab(context, page).inputs
        chosen.change(samples.follow, [chosen, *samples.boxes], samples.outputs, **components.QUIET)
        gr.HTML(html.note(t("footer")), elem_id="footer", padding=False)

        _store_inputs(page, inputs)

        async def leave(request: gr.Request) -> None:
            runner.stop(str(request.session_hash))
            runner.downloads.drop(str(request.session_hash))
            found.forget(str(request.session_hash))

        page.unload(leave)
    page.queue(max_size=64)
    return cast(gr.Blocks, page)


def _store_inputs(page: gr.Blocks, inputs: Mapping[str, Any]) -> None:
    """Store inputs in the browser, and restore them when the page is opened again."""
    for name, each in inputs.items():
        first = json.dumps([name, each.value])
        keep = f"value => {{ const [name, first] = {first}; likewise.keep(name, value, first); }}"
        each.change(None, [each], None, js=keep, **components.QUIET)
    names = json.dumps(list(inputs))
    page.load(
        None, None, list(inputs.values()), js=f"() => likewise.restore({names})", **components.QUIET
    )


def appearance() -> dict[str, Any]:
    """Theme and style for `gr.mount_gradio_app`, without external resources."""
    theme = gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        secondary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_md,
        font=FONTS,
        font_mono=MONO,
    ).set(**_accessible_colors())
    files = resources.files("likewise.web")
    style = files.joinpath("style.css").read_text("utf-8")
    script = files.joinpath("page.js").read_text("utf-8")
    return {"theme": theme, "css": style, "head": f"<script>{script}</script>"}


def _accessible_colors() -> dict[str, str]:
    """Theme colors with AA contrast: 4.5:1 for text, 3:1 for controls."""
    both = {
        "button_cancel_background_fill": "#b91c1c",
        "button_cancel_background_fill_hover": "#991b1b",
        "button_cancel_text_color": "white",
    }
    light = {
        "button_primary_background_fill": "*primary_700",
        "button_primary_background_fill_hover": "*primary_800",
        "button_primary_text_color": "white",
        "body_text_color_subdued": "*neutral_600",
        "block_info_text_color": "*neutral_600",
        "block_label_text_color": "*neutral_600",
        "block_title_text_color": "*neutral_700",
        "input_placeholder_color": "*neutral_600",
    }
    dark = {
        "button_primary_background_fill_dark": "*primary_400",
        "button_primary_background_fill_hover_dark": "*primary_300",
        "button_primary_text_color_dark": "*neutral_950",
        "body_text_color_subdued_dark": "*neutral_300",
        "block_info_text_color_dark": "*neutral_300",
        "block_label_text_color_dark": "*neutral_200",
        "block_title_text_color_dark": "*neutral_200",
        "input_placeholder_color_dark": "*neutral_300",
    }
    return both | {f"{name}_dark": color for name, color in both.items()} | light | dark


def _header(t: Translations, *, workspace: bool) -> str:
    switches = "".join(
        f'<a id="lang-{each.code}" lang="{each.locale}" href="?lang={each.code}"'
        + (' aria-current="true"' if each == t.language else "")
        + f">{each.name}</a>"
        for each in LANGUAGES
    )
    return (
        f'<header class="lw-header"><h1>Likewise</h1>{_sections(t) if workspace else ""}'
        f'<p>{t("tagline")}</p><nav aria-label="{t("language.label")}">{switches}</nav></header>'
    )


def _sections(t: Translations) -> str:
    """Links to the sections of the workspace; the same navigation as there."""
    links = "".join(
        f'<a href="{t.language.root}app/{section}">{t(f"workspace.{section}")}</a>'
        for section in SECTIONS
    )
    here = f'<a href="./" aria-current="page">{t("workspace.texts")}</a>'
    return f'<nav class="lw-sections" aria-label="{t("workspace.label")}">{links}{here}</nav>'


def _about(t: Translations, tab: str) -> None:
    gr.HTML(html.note(t(f"{tab}.about")), padding=False)
