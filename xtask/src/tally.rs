//! Counts tests by the closing lines of cargo test, Vitest and Playwright.

/// How many tests passed and failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Passed, those that passed on a second try included.
    pub passed: u64,
    /// Failed.
    pub failed: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Tally {
    /// What all closing lines in `output` add up to.
    pub fn of(output: &str) -> Self {
        let mut tally = Self::default();
        for line in output.lines() {
            let line = without_colours(line);
            let words: Vec<&str> = line.split([' ', ';', ',', '|']).filter(|word| !word.is_empty()).collect();
            match words.as_slice() {
                // test result: ok. 12 passed; 0 failed; 0 ignored; …
                ["test", "result:", _, counts @ ..] | ["Tests", counts @ ..] => tally += Self::of_counts(counts),
                // Playwright: `  12 passed (1.2m)`, `  1 failed`, `  1 flaky`
                [number, outcome] if line.starts_with("  ") => tally += Self::of_counts(&[number, outcome]),
                [number, outcome, time] if line.starts_with("  ") && time.starts_with('(') => {
                    tally += Self::of_counts(&[number, outcome]);
                }
                _ => {}
            }
        }
        tally
    }

    fn of_counts(words: &[&str]) -> Self {
        let mut tally = Self::default();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<u64>() else { continue };
            match pair[1] {
                "passed" | "flaky" => tally.passed += number,
                "failed" => tally.failed += number,
                _ => {}
            }
        }
        tally
    }
}

/// `line` without ANSI escape sequences.
fn without_colours(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            let _ = characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_every_runner_are_counted() {
        let output = "\
running 3 tests
test a_test ... ok
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
\u{1b}[2m Test Files \u{1b}[22m \u{1b}[1m\u{1b}[32m8 passed\u{1b}[39m\u{1b}[22m (8)
\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[31m3 failed\u{1b}[39m\u{1b}[22m | \u{1b}[1m\u{1b}[32m52 passed\u{1b}[39m\u{1b}[22m (55)
  1 failed
    [chromium] › e2e/x.spec.ts:3:1 › a page
  1 flaky
  20 passed (1.2m)
";
        assert_eq!(Tally::of(output), Tally { passed: 12 + 2 + 52 + 1 + 20, failed: 1 + 3 + 1 });
    }

    #[test]
    fn prose_with_numbers_is_not_counted() {
        assert_eq!(Tally::of("we saw 5 passed and 6 failed\n12 passed\n"), Tally::default());
    }
}
