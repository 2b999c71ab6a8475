"""What the chart renders is what it rendered before."""

import difflib
import os
import unittest

import chart


def snapshot(values):
    rendered = chart.masked(chart.text(values.name))
    if not values.base:
        return rendered
    before = chart.masked(chart.text(values.base))
    lines = difflib.unified_diff(before.splitlines(True), rendered.splitlines(True), values.base, values.name, n=2)
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


class Snapshots(unittest.TestCase):
    maxDiff = None

    def test_every_set_of_values_renders_its_snapshot(self):
        for values in chart.MATRIX:
            with self.subTest(values.name):
                path = chart.HERE / "golden" / (values.name + (".diff" if values.base else ".yaml"))
                rendered = snapshot(values)
                if os.environ.get("UPDATE"):
                    path.write_text(rendered)
                self.assertTrue(path.exists(), "no snapshot: UPDATE=1 tests/chart/run.sh test_snapshots")
                self.assertEqual(path.read_text(), rendered)

    def test_a_second_rendering_is_the_same(self):
        for name in ("single", "platform", "production"):
            again = chart.template(chart.BY_NAME[name]).stdout
            self.assertEqual(chart.masked(chart.text(name)), chart.masked(again))

    def test_every_difference_to_a_base_is_one(self):
        for values in chart.MATRIX:
            if values.base:
                self.assertTrue(snapshot(values), f"{values.name} renders what {values.base} does")


if __name__ == "__main__":
    unittest.main()
