//! One record in one line, for a person.

use anstyle::{AnsiColor, Style};
use hark_model::{
    Alert, AuthorStanding, ItemEvent, Mention, MentionEvent, Occasion, Scored, ShareOfVoice,
    Timestamp, Window,
};
use hark_proto::Wire;
use hark_proto::topics::{ALERTS, AUTHORS, ITEMS, MENTIONS, SHARE_OF_VOICE, Topic};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// What the value of a record says; `None` for what no line was made for, or cannot be read.
pub(crate) fn line(topic: Topic, value: &[u8]) -> Option<String> {
    match topic {
        ALERTS => told(value, alert_line),
        MENTIONS => told(value, mention_event),
        ITEMS => told(value, item_event),
        SHARE_OF_VOICE => told(value, share),
        AUTHORS => told(value, standing),
        _ => None,
    }
}

fn told<T: Wire>(value: &[u8], tell: fn(&T) -> String) -> Option<String> {
    T::decode(value).ok().as_ref().map(tell)
}

fn alert_line(alert: &Alert) -> String {
    let shown = alert.evidence.first().map_or("", |first| &first.text);
    let headline = headline(alert, minute);
    format!("{}  {headline}{}", minute(alert.updated_at), quote(shown))
}

/// What an alert says, without its own time; `when` writes the time it is due by.
pub(crate) fn headline(alert: &Alert, when: impl Fn(Timestamp) -> String) -> String {
    let (colour, word) = match alert.occasion {
        Occasion::Opened => (AnsiColor::Red, "ALERT"),
        Occasion::Updated => (AnsiColor::Yellow, "update"),
        Occasion::Repeated => (AnsiColor::Yellow, "still"),
        Occasion::Resolved => (AnsiColor::Green, "resolved"),
        Occasion::Inhibited => (AnsiColor::White, "inhibited"),
        Occasion::Amended => (AnsiColor::White, "amended"),
    };
    let colour = colour.on_default().bold();
    format!(
        "{colour}{word:<9}{colour:#} severity {:>2}  {}  {DIM}→ {} by {}{DIM:#}",
        alert.severity,
        alert.summary,
        alert.owner,
        when(alert.due)
    )
}

fn mention_event(event: &MentionEvent) -> String {
    match event {
        MentionEvent::Observed(mention) => mention_line(mention),
        MentionEvent::RetractItem(gone) => {
            let item = plain(&gone.id.to_string());
            format!("{}  retracted {item}", minute(gone.arrived_at))
        }
        MentionEvent::RetractAuthor(gone) => format!(
            "{}  retracted everything of {}",
            minute(gone.arrived_at),
            gone.author
        ),
        MentionEvent::Gap(gap) => gap_line(gap),
    }
}

fn mention_line(mention: &Mention) -> String {
    let sure = mention.sentiment.confidence();
    let touchpoints = labels(&mention.touchpoints, |label| label.to_string());
    let intents = labels(&mention.intents, |label| label.as_str().to_owned());
    format!(
        "{}  {:<8} {sure:.2}  {BOLD}{}{BOLD:#}{touchpoints}{intents}  {DIM}{}{DIM:#}{}",
        minute(mention.event_time),
        mention.label().as_str(),
        mention.brand,
        plain(&mention.item.to_string()),
        quote(&mention.text)
    )
}

fn labels<T>(scored: &[Scored<T>], name: impl Fn(&T) -> String) -> String {
    let names: Vec<String> = scored.iter().map(|scored| name(&scored.label)).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("  {}", names.join(", ")),
    }
}

fn item_event(event: &ItemEvent) -> String {
    match event {
        ItemEvent::Upsert(item) => {
            let brands: Vec<&str> = item
                .matches
                .iter()
                .map(|found| found.brand.as_str())
                .collect();
            format!(
                "{}  {}  {BOLD}{}{BOLD:#}{}",
                minute(item.created_at),
                plain(&item.id.to_string()),
                brands.join(", "),
                quote(&item.text)
            )
        }
        ItemEvent::Delete(gone) => {
            let item = plain(&gone.id.to_string());
            format!("{}  deleted {item}", minute(gone.arrived_at))
        }
        ItemEvent::AuthorDelete(gone) => {
            format!(
                "{}  deleted everything of {} at {}",
                minute(gone.arrived_at),
                gone.author,
                gone.source
            )
        }
        ItemEvent::Gap(gap) => gap_line(gap),
    }
}

fn gap_line(gap: &hark_model::Gap) -> String {
    format!(
        "{}  {} may have missed something until {}",
        minute(gap.from),
        gap.source,
        minute(gap.to)
    )
}

fn share(said: &ShareOfVoice) -> String {
    let percent = |part: f64| format!("{:.1}", 100.0 * part);
    let share = match (said.mention_share, &said.mention_share_interval) {
        (Some(share), Some(interval)) => format!(
            "{} % ({}–{})",
            percent(share),
            percent(interval.low),
            percent(interval.high)
        ),
        _ => "nobody was mentioned".to_owned(),
    };
    let counts = &said.voice.mentions;
    format!(
        "{}  {} {:>3}  {BOLD}{}{BOLD:#}  {share}  {} mentions: {} negative, {} neutral, {} positive",
        minute(said.to),
        said.market,
        said.window.map_or("all", Window::as_str),
        said.brand,
        counts.total,
        counts.negative,
        counts.neutral,
        counts.positive
    )
}

fn standing(said: &AuthorStanding) -> String {
    let before = match said.previous == said.standing {
        true => String::new(),
        false => format!(" (was {})", said.previous.as_str()),
    };
    format!(
        "{}  {BOLD}{}{BOLD:#}  {}  {}{before}  score {:+.2} of {}",
        minute(said.updated_at),
        said.brand,
        said.author,
        said.standing.as_str(),
        said.score,
        said.experiences
    )
}

/// A text, short enough for a line.
fn quote(text: &str) -> String {
    const LONGEST: usize = 100;
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut shown = plain(&words.join(" "));
    if let Some((end, _)) = shown.char_indices().nth(LONGEST) {
        shown.truncate(end);
        shown.push('…');
    }
    match shown.is_empty() {
        true => String::new(),
        false => format!("  {DIM}“{shown}”{DIM:#}"),
    }
}

/// What others wrote tells the terminal nothing.
fn plain(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).collect()
}

/// Day, hour and minute, UTC.
pub(crate) fn minute(time: Timestamp) -> String {
    let text = time.to_string();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_and_stays_on_its_line() {
        let quoted = quote(&"é\n".repeat(200));
        assert!(!quoted.contains('\n'));
        assert_eq!(quoted.matches('é').count(), 50);
        assert!(quoted.contains('…'));
        assert_eq!(quote(" \n"), "");
        let tricky = quote("\u{1b}[2Jgone\u{9b}31m");
        assert!(tricky.contains("“[2Jgone31m”"), "{tricky}");
    }

    #[test]
    fn what_cannot_be_read_has_no_line() {
        assert_eq!(line(MENTIONS, b"{"), None);
        assert_eq!(line(hark_proto::topics::PANES, b""), None);
    }
}
