from pathlib import Path

import pytest

from exercises.catalog.reader import CatalogError
from exercises.figures.reader import FOLDER, read


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('posture = "supine"', 'posture = "lying"', "posture: must be one of upright"),
        ("neck.bend = 2", "neck.bned = 2", "poses start: 'neck.bned' is no angle and no pin"),
        ('{ to = "up"', '{ to = "top"', "course: 'top' is no pose of this figure."),
        ('highlight = ["buttock"]', 'highlight = ["nose"]', "highlight: 'nose' is no region"),
        ('kind = "mat"', 'kind = "sofa"', "props: 'sofa' is none"),
        ('anchor = "collar"', 'ankor = "collar"', "ankor: is not a field here"),
    ],
)
def test_a_slip_in_a_file_is_named(tmp_path: Path, old: str, new: str, fault: str):
    text = (FOLDER / "bridge.toml").read_text()
    assert old in text
    (tmp_path / "bridge.toml").write_text(text.replace(old, new))
    with pytest.raises(CatalogError, match="figures/bridge.toml") as error:
        read(tmp_path)
    assert fault in str(error.value)
