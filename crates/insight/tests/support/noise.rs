//! What a brand's negatives look like when nothing is wrong: a day's rhythm, and bursts.

/// A seeded stream of numbers (SplitMix64, G. Steele, D. Lea, C. Flood 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0..1, never 0.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Mean 1, variance 1/shape; shape ≥ 1 (G. Marsaglia, W. Tsang 2000).
    fn gamma(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v / shape;
            }
        }
    }

    fn poisson(&mut self, mean: f64) -> u32 {
        let (limit, mut product, mut count) = ((-mean).exp(), self.uniform(), 0);
        while product > limit {
            product *= self.uniform();
            count += 1;
        }
        count
    }
}

/// Minute after minute of negatives.
pub(crate) struct Noise {
    random: Random,
    rate: f64,
    drift: f64,
}

impl Noise {
    /// `rate` negatives a minute on average; the busiest hour of the day has four times as many
    /// as the quietest.
    pub(crate) fn new(rate: f64, seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            rate,
            drift: 0.0,
        }
    }

    /// Negatives in a minute: a gamma of shape 2 over each minute (variance μ + μ²/2) times a
    /// level that drifts by some 15 % with a memory of an hour.
    pub(crate) fn minute(&mut self, minute: i64, times: f64) -> u32 {
        let kept = (-1.0_f64 / 60.0).exp();
        let shock = self.random.normal() * 0.15 * (1.0 - kept * kept).sqrt();
        self.drift = self.drift * kept + shock;
        let angle = std::f64::consts::TAU * (minute.rem_euclid(1_440) as f64 / 1_440.0 - 0.375);
        let season = 1.0 + 0.6 * angle.sin();
        let mean = self.rate * times * season * self.drift.exp() * self.random.gamma(2.0);
        self.random.poisson(mean)
    }
}
