//! Local clocks: zones, hours that a clock shows twice, days that start late.

use super::{Case, case};

pub const CASES: &[Case] = &[
    case(
        "with and without a zone",
        "",
        "ts,y\n2024-01-01 00:00,1\n2024-01-01T01:00Z,3\n",
        "refused: some times have a zone and others not (lines 3 and 2): set TIME_ZONE",
    ),
    case(
        "an hour twice",
        "TIME_ZONE=Europe/Madrid",
        "ts,y\n2023-10-29 01:00,1\n2023-10-29 02:00,3\n2023-10-29 02:00,4\n2023-10-29 03:00,5\n",
        "2023-10-29 01:00 .. 2023-10-29 04:00 | 1 h | y=1 3 4 5",
    ),
    case(
        "an hour twice, newest first",
        "TIME_ZONE=Europe/Madrid",
        "ts,y\n2023-10-29 03:00,5\n2023-10-29 02:00,4\n2023-10-29 02:00,3\n2023-10-29 01:00,1\n",
        "2023-10-29 01:00 .. 2023-10-29 04:00 | 1 h | y=1 3 4 5",
    ),
    case(
        "half hours twice",
        "TIME_ZONE=Europe/Madrid",
        "ts,y\n2023-10-29 02:00,1\n2023-10-29 02:30,3\n2023-10-29 02:00,4\n2023-10-29 02:30,5\n2023-10-29 03:00,6\n",
        "2023-10-29 02:00 .. 2023-10-29 03:30 | 30 min | y=1 3 4 5 6",
    ),
    case(
        "an hour twice, no zone",
        "",
        "ts,y\n2023-10-29 01:00,1\n2023-10-29 02:00,3\n2023-10-29 02:00,4\n2023-10-29 03:00,5\n",
        "refused: set TIME_ZONE to your zone, such as Europe/Madrid (lines 3 and 4: 2023-10-29 02:00)",
    ),
    case(
        "an hour twice, no order",
        "TIME_ZONE=Europe/Madrid",
        "ts,y\n2023-10-29 01:00,1\n2023-10-29 02:00,3\n2023-10-29 03:00,5\n2023-10-29 02:00,4\n2023-10-29 04:00,4\n",
        "refused: shows these times twice, and the order of the rows does not tell them apart: sort the rows, or write times with an offset (line 3: 2023-10-29 02:00; line 5: 2023-10-29 02:00)",
    ),
    case(
        "an hour that was skipped",
        "TIME_ZONE=Europe/Madrid",
        "ts,y\n2023-03-26 01:00,1\n2023-03-26 02:00,3\n2023-03-26 03:00,4\n",
        "refused: the clock of Europe/Madrid skips these times: set another TIME_ZONE, or none if the times are not local (line 3: 2023-03-26 02:00)",
    ),
    case(
        "spring",
        "TIME_ZONE=Europe/Madrid",
        "ts,y\n2023-03-26 00:00,1\n2023-03-26 01:00,3\n2023-03-26 03:00,4\n",
        "2023-03-26 00:00 .. 2023-03-26 04:00 | 1 h | y=1 3 4",
    ),
    case(
        "local midnights with offsets",
        "",
        "ts,y\n2023-03-25T00:00:00+01:00,1\n2023-03-26T00:00:00+01:00,3\n2023-03-27T00:00:00+02:00,4\n2023-03-28T00:00:00+02:00,5\n",
        "2023-03-25T00:00:00+01:00 .. 2023-03-29T00:00:00+02:00 | 1 local day | y=1 3 4 5",
    ),
    case(
        "local days",
        "TIME_ZONE=America/New_York",
        "ts,y\n2024-11-02,1\n2024-11-03,3\n2024-11-04,4\n",
        "2024-11-02 .. 2024-11-05 | 1 local day | y=1 3 4",
    ),
    case(
        "a day that starts at one",
        "TIME_ZONE=America/Sao_Paulo",
        "ts,y\n2018-11-03,1\n2018-11-04,3\n2018-11-05,4\n",
        "2018-11-03 .. 2018-11-06 | 1 local day | y=1 3 4",
    ),
    case(
        "UTC in a zone",
        "TIME_ZONE=Europe/Madrid",
        "ts,y\n2023-10-28T22:00:00Z,1\n2023-10-29T23:00:00Z,3\n2023-10-30T23:00:00Z,4\n",
        "2023-10-28T22:00:00Z .. 2023-10-31T23:00:00Z | 1 local day | y=1 3 4",
    ),
];
