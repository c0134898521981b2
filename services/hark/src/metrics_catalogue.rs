//! The list of every series, kept in the tree: what dashboards rely on.

#[cfg(test)]
mod tests {
    use hark_telemetry::Metrics;

    /// Where the list is kept.
    const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/metrics.txt");

    fn all(brands: usize) -> Metrics {
        let metrics = Metrics::new();
        let brands: Vec<_> = (0..brands)
            .map(|n| hark_model::BrandId::new(format!("brand-{n}")))
            .collect();
        let _ = hark_ingest::IngestMetrics::new(&metrics);
        let _ = hark_classify::Metrics::new(&metrics);
        let _ = hark_aggregate::AggregateMetrics::new(&metrics, &brands);
        let _ = hark_care::Metrics::new(&metrics);
        crate::stages::stage_metrics(&metrics);
        let _ = crate::cluster_metrics::ClusterMetrics::new(&metrics);
        metrics
    }

    #[test]
    fn the_series_are_those_of_the_list() {
        let lines: Vec<String> = all(0)
            .families()
            .iter()
            .map(|f| {
                format!(
                    "{} {} {{{}}} {}",
                    f.name,
                    f.kind,
                    f.labels.join(","),
                    f.help
                )
            })
            .collect();
        let found = lines.join("\n") + "\n";
        if std::env::var_os("HARK_REGENERATE").is_some() {
            std::fs::write(LIST, &found).unwrap();
        }
        let listed = std::fs::read_to_string(LIST).unwrap_or_default();
        assert_eq!(
            found, listed,
            "run with HARK_REGENERATE=1 if this change is meant"
        );
    }

    #[test]
    fn a_brand_has_at_most_twelve_series_and_all_else_five_hundred() {
        let (none, ten) = (all(0).series(), all(10).series());
        assert!(none <= 500, "{none}");
        // Two gauges a brand and market come with the first publication.
        assert!((ten - none) / 10 + 2 <= 12, "{}", (ten - none) / 10);
    }
}
