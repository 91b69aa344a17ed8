import shutil

import pytest

from exercises.catalog.reader import FOLDER, CatalogError, read


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(FOLDER / "files", tmp_path / "files")
    shutil.copytree(FOLDER / "programs", tmp_path / "programs")
    return tmp_path


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def problems(folder):
    with pytest.raises(CatalogError) as error:
        read(folder)
    return [str(problem) for problem in error.value.problems]


def faults(file, *cases):
    return [pytest.param(f"{file}.toml", *case, id=case[-1]) for case in cases]


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        *faults(
            "files/bridge",
            ("number = 21", "", "number: must be a whole number from 1."),
            ('sides = "middle"', 'sides = "both"', "sides: must be one of middle, each-side, each-leg."),
            ('["EX"]', '["XX"]', "cautions: must be a list of FX, EX, HY, "),
            ('["EX"]', '["EX", "EX"]', "cautions: has an entry twice."),
            ("[marks]", "[certainty]", "certainty: is not a field here"),
            ("default = 10", "default = 13", "dosage.repetitions: the default is out of its own range."),
            (
                "least = 5, most = 12",
                "least = 12, most = 5",
                "dosage: repetitions must run from a least to a most",
            ),
            (
                "hold_seconds =",
                "seconds =",
                "dosage.seconds: is not a field here; allowed are days_per_week, ",
            ),
            ("default = 10", "default = true", "dosage.repetitions.default: must be a whole number from 1."),
            ("times_per_day =", "days_per_week =", "dosage.times_per_day: must be a table."),
            ('name = "Bridge"', 'name = " "', "text.en.name: must be a text."),
            ("purpose =", "purpos =", "text.en.purpose: is missing; it must be a text."),
            ("caution =", "when =", "text.en.caution: is missing; it must be a text."),
            ("[text.en]", "[text.fr]", "text.en: is missing: every text has this language."),
            ("[text.en]", "[text.english]", "text.english: must be a language"),
        ),
        *faults(
            "files/press-up",
            (
                'easier = "prone-on-elbows"',
                'easier = "elbows"',
                "easier: 'elbows' is no exercise of the catalog.",
            ),
            ("harder =", 'easier = "Rest."\nharder =', "text.en.easier: is 'prone-on-elbows' already"),
            ("number = 12", "number = ", "-: is not TOML"),
        ),
        *faults(
            "programs/staying-well",
            ('"cat-camel"', '"cat"', "lines 2.exercise: 'cat' is no exercise of the catalog."),
            (
                "repetitions = 8",
                "repetitions = 7",
                "lines 2.dosage.repetitions: repetitions must be 8 to 12.",
            ),
            ("repetitions = 8", "reps = 8", "lines 2.dosage: reps is not counted"),
            (
                "repetitions = 8",
                "repetitions = 8, days_per_week = 7",
                "lines 2.dosage.days_per_week: follows",
            ),
            ('"tue", "wed"', '"tue", "day"', "lines 1.weekdays: 'day' is no weekday; allowed are mon, "),
            ("note.en", "note.fr", "lines 6.note.en: is missing"),
        ),
    ],
)
def test_a_fault_is_named_with_file_field_and_what_is_allowed(folder, file, old, new, problem):
    change(folder / file, old, new)
    found = problems(folder)
    assert all(one.startswith(f"{file}: ") for one in found)
    assert any(one.startswith(f"{file}: {problem}") for one in found), found


def test_a_chain_of_variants_that_comes_back_to_its_start_is_a_fault(folder):
    change(folder / "files/press-up.toml", "number = 12", 'number = 12\nharder = "prone-lying"')
    change(folder / "files/press-up.toml", 'harder = "Straighten', 'when = "Straighten')
    change(folder / "files/press-up.toml", 'when = "Spread', '# "Spread')
    change(folder / "files/press-up.toml", 'harder = "Estira', '# "Estira')
    (problem,) = problems(folder)
    assert "easier, harder: go round in a loop: " in problem
    assert all(slug in problem for slug in ("prone-lying", "prone-on-elbows", "press-up"))


def test_two_files_cannot_have_one_number(folder):
    change(folder / "files/bridge.toml", "number = 21", "number = 20")
    assert problems(folder) == [
        "files/bird-dog.toml: number: 20 is taken by another file.",
        "files/bridge.toml: number: 20 is taken by another file.",
    ]


def test_all_faults_are_found_in_one_pass(folder):
    change(folder / "files/bridge.toml", 'mark = "V2"', 'mark = "sure"')
    change(folder / "files/bridge.toml", 'equipment = ["mat"]', "equipment = 3")
    change(folder / "programs/staying-well.toml", "why =", "reason =")
    assert len(problems(folder)) == 4


def test_a_folder_without_files_is_a_fault_and_not_an_empty_catalog(tmp_path):
    assert problems(tmp_path) == ["files: -: has no .toml file.", "programs: -: has no .toml file."]
