//! The classical methods: what they find in series whose continuation is known, how they answer, and that they are families like others.

mod families; // each is fitted, stored, loaded, and answers from thirty rows
mod known_answers; // series whose continuation is known
mod requests; // few rows, gaps, odd rows, limits, stopping, storing
