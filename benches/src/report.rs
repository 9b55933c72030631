//! Figures gathered over rounds, and the table that tells them.

use std::fmt;

/// What a figure is held to.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// Fardel's figure divided by nginx's is at most this.
    RatioAtMost(f64),
    /// Fardel's figure divided by nginx's is at least this.
    RatioAtLeast(f64),
    /// Fardel's own figure is at most this.
    AtMost(f64),
    /// Fardel's own figure is at least this.
    AtLeast(f64),
    /// Told for information.
    None,
}

/// One measured quantity.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// What was measured, with its unit.
    pub name: &'static str,
    /// What it is held to.
    pub target: Target,
}

/// The figures of one group of measurements.
pub struct Report {
    group: String,
    rows: Vec<Row>,
}

struct Row {
    measure: Measure,
    fardel: Vec<f64>,
    nginx: Vec<f64>,
}

impl Report {
    /// An empty report.
    pub fn new(group: &str) -> Self {
        Self { group: group.to_owned(), rows: Vec::new() }
    }

    /// Adds one round's figures of both, taken one right after the other.
    pub fn compare(&mut self, measure: Measure, fardel: f64, nginx: f64) {
        let row = self.row(measure);
        row.fardel.push(fardel);
        row.nginx.push(nginx);
    }

    /// Adds one round's figure of Fardel alone.
    pub fn own(&mut self, measure: Measure, fardel: f64) {
        self.row(measure).fardel.push(fardel);
    }

    fn row(&mut self, measure: Measure) -> &mut Row {
        let at = self.rows.iter().position(|row| row.measure.name == measure.name).unwrap_or_else(|| {
            self.rows.push(Row { measure, fardel: Vec::new(), nginx: Vec::new() });
            self.rows.len() - 1
        });
        &mut self.rows[at]
    }
}

impl Row {
    /// Fardel through nginx, round by round: what the machine did to a whole round cancels out.
    fn ratios(&self) -> Vec<f64> {
        self.fardel.iter().zip(&self.nginx).map(|(fardel, nginx)| fardel / nginx).collect()
    }

    fn verdict(&self) -> String {
        let (value, bound, holds): (f64, String, fn(f64, f64) -> bool) = match self.measure.target {
            Target::RatioAtMost(bound) => (median(&self.ratios()), format!("≤ {bound} ×"), |a, b| a <= b),
            Target::RatioAtLeast(bound) => (median(&self.ratios()), format!("≥ {bound} ×"), |a, b| a >= b),
            Target::AtMost(bound) => (median(&self.fardel), format!("≤ {bound}"), |a, b| a <= b),
            Target::AtLeast(bound) => (median(&self.fardel), format!("≥ {bound}"), |a, b| a >= b),
            Target::None => return "| |".to_owned(),
        };
        let number = match self.measure.target {
            Target::RatioAtMost(bound)
            | Target::RatioAtLeast(bound)
            | Target::AtMost(bound)
            | Target::AtLeast(bound) => bound,
            Target::None => f64::NAN,
        };
        format!("{bound} | {} |", if holds(value, number) { "met" } else { "MISSED" })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n## {}\n", self.group)?;
        writeln!(f, "| measure | fardel | nginx | ratio | target | |")?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for row in &self.rows {
            let cells = [&row.fardel, &row.nginx, &row.ratios()].map(|figures| summary(figures));
            writeln!(f, "| {} | {} | {} | {} | {}", row.measure.name, cells[0], cells[1], cells[2], row.verdict())?;
        }
        let rounds = self.rows.iter().map(|row| row.fardel.len()).max().unwrap_or(0);
        write!(f, "\nMedian (min–max) of up to {rounds} rounds; ratios are taken round by round.")
    }
}

fn summary(figures: &[f64]) -> String {
    let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
    let most = figures.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match figures.len() {
        0 => "–".to_owned(),
        1 => short(figures[0]),
        _ => format!("{} ({}–{})", short(median(figures)), short(least), short(most)),
    }
}

fn short(figure: f64) -> String {
    match figure.abs() {
        1000.0.. => format!("{figure:.0}"),
        10.0.. => format!("{figure:.1}"),
        0.1.. => format!("{figure:.2}"),
        _ => format!("{figure:.4}"),
    }
}

/// The middle of `figures`, or of the two in the middle; not a number for none.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// The figure that `share` (0 to 1) of all lie at or below.
pub fn quantile(figures: &mut [f64], share: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let at = ((figures.len() as f64 * share).ceil() as usize).clamp(1, figures.len().max(1)) - 1;
    figures.get(at).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_held_to_the_median() {
        let mut report = Report::new("x");
        let measure = Measure { name: "m", target: Target::RatioAtMost(1.5) };
        for (fardel, nginx) in [(1.0, 1.0), (1.4, 1.0), (9.0, 1.0)] {
            report.compare(measure, fardel, nginx);
        }
        assert!(
            report
                .to_string()
                .contains("| m | 1.40 (1.00–9.00) | 1.00 (1.00–1.00) | 1.40 (1.00–9.00) | ≤ 1.5 × | met |")
        );
        report.own(Measure { name: "n", target: Target::AtMost(5.0) }, 6.0);
        assert!(report.to_string().contains("| n | 6.00 | – | – | ≤ 5 | MISSED |"));
    }

    #[test]
    fn quantiles_are_figures_that_were_measured() {
        let mut figures: Vec<f64> = (1..=100).map(f64::from).collect();
        assert!((quantile(&mut figures, 0.99) - 99.0).abs() < f64::EPSILON);
        assert!((quantile(&mut figures, 1.0) - 100.0).abs() < f64::EPSILON);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
    }
}
