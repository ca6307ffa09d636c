"""The documentation is true of the code: current tables, commands that parse, links that lead."""

import ast
import re
import runpy
import shlex
import string
from importlib import import_module
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from recyclegan.cli import main as cli
from recyclegan.cli.training_file import training_file
from recyclegan.config import GeneratorConfig, LossConfig
from recyclegan.config.plain import flatten, to_plain
from recyclegan.losses.adversarial import ADVERSARIAL
from recyclegan.networks.resampling import UPSAMPLINGS
from recyclegan.networks.skips import SKIPS
from recyclegan.training import divergence
from recyclegan.training.monitors import cycle, discriminator, finite, gradient, outputs
from recyclegan.variants.baseline import BASELINE
from recyclegan.variants.registry import get_variant

ROOT = Path(__file__).parents[1]
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")})
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
FLAG = re.compile(r"--((?:generator|discriminator|losses|optimizer|images|train)\.[a-z0-9-]+)")


class Parsed(Exception):
    """A command line was understood; nothing of it was run."""


def blocks(page, *languages):
    return [text for language, text in FENCE.findall(page.read_text()) if language in languages]


def commands(page):
    """The command lines of a page's shell blocks, as lists of words."""
    text = "\n".join(blocks(page, "console", "sh", "bash", "shell"))
    lines = text.replace("\\\n", " ").splitlines()
    return [
        words for line in lines if (words := shlex.split(line.removeprefix("$ "), comments=True))
    ]


ALL_COMMANDS = [
    pytest.param(words, id=f"{name}: {shlex.join(words)[:60]}")
    for name, page in zip(NAMES, PAGES, strict=True)
    for words in commands(page)
]


@pytest.mark.parametrize("name", ["variants", "settings"])
def test_generated_pages_are_what_the_code_says(name):
    page = runpy.run_path(str(ROOT / "docs" / "generate.py"))[f"{name}_page"]()
    assert page == (ROOT / "docs" / f"{name}.md").read_text(), "run: python docs/generate.py"


@pytest.mark.parametrize("words", ALL_COMMANDS)
def test_commands_are_understood(words, monkeypatch, tmp_path):
    program, *arguments = words
    name = Path(program).name
    if name == "torchrun":
        name, arguments = "recyclegan", arguments[arguments.index("recyclegan") + 1 :]
    if name == "recyclegan":
        monkeypatch.chdir(tmp_path)
        write_named_files(arguments)
        understood_by_recyclegan(arguments, monkeypatch)
    elif name == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert set(arguments) <= set(targets)
    elif name.startswith("python"):
        if arguments[0] == "-m":
            import_module(arguments[1])
        else:
            assert (ROOT / arguments[0]).is_file()
    else:
        assert name in ("git", "cd", "source", "pip"), f"say in this test how to check {words}"


def write_named_files(arguments):
    """Write the file that is named with --config, which is read before its flags are."""
    if "--config" in arguments:
        path = Path(arguments[arguments.index("--config") + 1])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(training_file(get_variant("recyclegan"), [Path("photos")], path.parent))


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_block_says_what_it_is(page):
    """Commands stand in blocks that are tested, and languages are those that a test knows."""
    text = page.read_text()
    known = {"", "console", "sh", "bash", "shell", "python", "yaml", "json"}
    assert {language for language, _ in FENCE.findall(text)} <= known
    commands = re.compile(r"^(\$ |recyclegan |torchrun |make |pip )", re.MULTILINE)
    assert not [text for text in blocks(page, "") if commands.search(text)]


def understood_by_recyclegan(arguments, monkeypatch):
    """Let the command's own parser see the words, and stop before it acts on them."""
    for module, _ in cli.COMMANDS.values():
        stop_after_parsing(import_module(f"recyclegan.cli.{module}"), monkeypatch)
    try:
        status = cli.main(arguments)
    except Parsed:
        return
    except SystemExit as end:
        status = end.code
    assert status == 0, "not understood"


def stop_after_parsing(module, monkeypatch):
    parse = module.parse

    def parse_only(*args, **kwargs):
        parse(*args, **kwargs)
        raise Parsed

    monkeypatch.setattr(module, "parse", parse_only)


@pytest.mark.parametrize("line", ["recyclegan trian x", "recyclegan resume runs/a --train.stps 3"])
def test_a_command_with_a_slip_would_be_noticed(line, monkeypatch):
    with pytest.raises(AssertionError, match="not understood"):
        understood_by_recyclegan(line.split()[1:], monkeypatch)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_flags_are_fields(page):
    known = {name.replace("_", "-") for name in flatten(to_plain(BASELINE))}
    assert set(FLAG.findall(page.read_text())) <= known


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page):
    prose = FENCE.sub("", page.read_text())
    for link in LINK.findall(prose):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in anchors(target), f"{link}: no such heading"


def anchors(page):
    """The anchors of a page's headings, as the common Markdown viewers make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    kept = string.ascii_lowercase + string.digits + "-_ "
    return {
        "".join(letter for letter in heading.lower() if letter in kept).replace(" ", "-")
        for heading in headings
    }


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_python_blocks_compile_and_their_imports_exist(page):
    for source in blocks(page, "python"):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom):
                module = import_module(node.module)
                assert all(hasattr(module, name.name) for name in node.names)
            elif isinstance(node, ast.Import):
                for name in node.names:
                    import_module(name.name)


def test_the_readme_names_what_is_there():
    """Files and folders in code quotes, as far as they are of the repository."""
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("no README yet")
    quoted = re.findall(r"`([\w./-]+)`", FENCE.sub("", readme.read_text()))
    own = [name for name in quoted if name.startswith(("docs/", "src/", "tests/", "benchmarks/"))]
    assert [name for name in own if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    ("config", "field", "registry"),
    [
        (LossConfig, "adversarial", ADVERSARIAL),
        (GeneratorConfig, "skips", SKIPS),
        (GeneratorConfig, "upsampling", UPSAMPLINGS),
    ],
)
def test_choices_are_the_registries(config, field, registry):
    """`adding-a-variant.md` sends people to both places; they must agree."""
    assert get_args(get_type_hints(config)[field]) == tuple(registry)


HEALTH_RULES = {
    "non-finite": f"not at {finite.MAX_SKIPPED} steps in a row",
    "gradient": (
        f"above {gradient.RATIO:g} times its usual at {gradient.MANY_WILD} of the last "
        f"{gradient.RECENT} steps; usual is the median of the last {gradient.WINDOW}, and at "
        f"least the median of the first {gradient.WARM_UP}"
    ),
    "cycle": f"(decay {cycle.DECAY}) above {cycle.RISE} times its best and above {cycle.LARGE}",
    "discriminator": (
        f"above {discriminator.ACCURACY} with a running loss below {discriminator.LOSS}, for "
        f"{discriminator.MANY} steps"
    ),
    "colour-inversion": (
        f"of the last {outputs.NUM_INVERTED} translations "
        f"{outputs.NUM_INVERTED * outputs.MOST:g} have detail that correlates with their "
        f"source's at {outputs.INVERTED} or less"
    ),
    "collapse": f"the last {outputs.NUM_PICTURES} translations vary {outputs.COLLAPSED:.0%}",
    "saturation": f"twice the real pictures' plus {outputs.SATURATED} | if it is {outputs.LOST}",
    "output-statistics": f"is {outputs.FACTOR:g} times beyond",
}


@pytest.mark.parametrize("kind", HEALTH_RULES)
def test_the_health_table_has_the_thresholds_of_the_code(kind):
    text = (ROOT / "docs" / "concepts.md").read_text().replace("−", "-")
    (row,) = [line for line in text.splitlines() if line.startswith(f"| `{kind}` |")]
    rule = HEALTH_RULES[kind].replace("%", " %")
    assert rule in row


def test_every_alarm_is_in_the_health_table():
    sources = (ROOT / "src/recyclegan/training/monitors").glob("*.py")
    text = "".join(path.read_text() for path in sources)
    assert set(re.findall(r'Reading\(\s+"([\w-]+)"', text)) == set(HEALTH_RULES)


def test_rollback_is_told_as_it_is():
    text = (ROOT / "docs" / "concepts.md").read_text()
    assert f"at least {divergence.SUSPECT_STEPS} steps older" in text
    assert divergence.MAX_ROLLBACKS == 5 and "After five rollbacks" in text
