//! What every log promises, as checks written only against the traits.
//!
//! An implementation passes by naming a function that makes a fresh log:
//!
//! ```text
//! fn make() -> Subject { Subject::new(log, folder) }
//! hark_stream::contract_tests!(make);
//! hark_stream::cleaning_tests!(make); // for a log that cleans itself
//! ```
//!
//! The checks ask for no more than a log over a broker can give: offsets may have holes, and a
//! record may need a moment to arrive. Nothing sleeps; what must not happen is shown by something
//! that comes after it.

#![allow(
    missing_docs,
    reason = "a check's name is the sentence that would document it"
)]

pub mod cleaning;
pub mod commits;
pub mod groups;
pub mod ledger;
pub mod polling;
pub mod reading;
pub mod state;
mod subject;
pub mod submitting;
pub mod topics;
pub mod waking;

pub use subject::{Subject, fixed, keyed, position, put, remove, tombstone, values};

/// Makes a `#[test]` of each named check, run against what `$make` returns, or a list of them.
#[doc(hidden)]
#[macro_export]
macro_rules! checks {
    (tests $make:ident; $($module:ident { $($name:ident)* })*) => {
        $(mod $module {
            $(#[test]
            fn $name() {
                $crate::contract::$module::$name(&super::$make());
            })*
        })*
    };
    (list; $($module:ident { $($name:ident)* })*) => {
        vec![$($((
            concat!(stringify!($module), "::", stringify!($name)),
            $crate::contract::$module::$name as fn(&$crate::contract::Subject),
        ),)*)*]
    };
}

/// Makes a `#[test]` of each promise every log gives. `$make` is a function in the same module
/// that returns a [`Subject`].
#[macro_export]
macro_rules! contract_tests {
    ($make:ident) => {
        $crate::promises! { tests $make }
    };
}

/// The same promises as a list of names and functions, for a harness of one's own.
#[macro_export]
macro_rules! contract_checks {
    () => {
        $crate::promises! { list }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! promises {
    ($($how:tt)*) => {
        $crate::checks! { $($how)*;
            commits {
                a_commit_publishes_records_state_and_position_together
                a_commit_to_an_unknown_topic_changes_nothing
                a_commit_to_a_missing_partition_changes_nothing
                a_commit_with_a_backward_position_changes_nothing
                a_commit_with_a_position_of_another_partition_changes_nothing
                a_commit_with_a_position_of_no_input_changes_nothing
                a_position_may_be_committed_again
                an_empty_commit_succeeds
                a_refused_commit_leaves_the_task_usable
                an_older_handle_is_fenced_and_changes_nothing
                an_older_handle_may_not_even_commit_nothing
                opening_one_task_fences_no_other
                a_record_keeps_its_key_value_timestamp_and_headers
                a_tombstone_and_an_empty_key_stay_what_they_are
                a_key_stays_in_its_partition
                a_fixed_record_goes_where_it_was_sent
                a_broadcast_reaches_every_partition_once
                a_partition_keeps_the_order_of_commits
                commits_of_several_threads_all_arrive
            }
            groups {
                the_only_member_has_every_partition
                a_member_that_left_can_come_again
                a_topic_has_the_partitions_it_was_declared_with
            }
            ledger {
                moves_in_any_order_count_each_record_once
            }
            submitting {
                a_submitted_commit_holds_once_it_is_settled
                polling_goes_on_while_a_commit_is_under_way
                one_commit_at_a_time_is_under_way
                a_submitted_commit_that_is_refused_says_so_when_it_is_settled
                a_task_that_goes_away_leaves_its_commit_whole
                what_is_settled_is_read_while_the_next_commit_is_under_way
            }
            polling {
                a_task_reads_its_partition_only
                what_was_polled_is_not_polled_again
                a_poll_stops_at_its_limit_of_records
                a_poll_stops_at_its_limit_of_bytes
                a_record_larger_than_the_limit_comes_alone
                two_inputs_take_turns
                large_records_of_one_input_do_not_starve_another
                each_input_keeps_its_order
                a_poll_without_inputs_returns_nothing
                rewinding_starts_again_at_the_last_commit
                rewinding_before_any_commit_starts_at_the_start
                a_new_handle_resumes_at_the_committed_position
                an_input_added_later_starts_at_its_start
                a_task_on_an_unknown_topic_is_refused
                a_task_beyond_the_partitions_is_refused
            }
            reading {
                a_position_is_unknown_before_its_first_commit
                positions_of_two_tasks_are_apart
                reading_moves_no_position
                reading_starts_at_the_offset_asked_for
                reading_stops_at_its_limits
                bounds_hold_all_offsets
                an_empty_partition_has_equal_bounds
                reading_what_does_not_exist_is_refused
                a_task_that_has_read_everything_has_no_lag
            }
            state {
                state_is_seen_after_its_commit_and_not_before
                the_later_of_two_changes_to_a_key_counts
                a_removed_key_is_gone
                a_scan_visits_its_range_in_byte_order
                a_scan_stops_when_told
                a_scan_of_an_empty_range_visits_nothing
                a_visitor_may_look_up_another_key
                an_empty_key_and_an_empty_value_are_kept
                states_of_two_tasks_are_apart
                a_new_handle_sees_the_state
                a_snapshot_reads_what_the_last_commit_left
            }
            topics {
                topics_are_listed_by_name_with_their_rules
                declaring_again_keeps_records_and_positions
                declaring_again_updates_the_cleanup
                another_number_of_partitions_is_refused
                a_topic_without_partitions_is_refused
                a_name_kafka_would_refuse_is_refused
            }
            waking {
                a_commit_wakes_a_blocked_poll
                a_commit_ends_changed
                changed_without_a_commit_lasts_its_wait
                an_interrupt_ends_a_poll_once
                an_interrupt_between_polls_is_not_lost
                an_interrupt_hides_no_records
                an_interrupt_ends_changed
            }
        }
    };
}

/// Makes a `#[test]` of each promise of a log that cleans itself when told to.
#[macro_export]
macro_rules! cleaning_tests {
    ($make:ident) => {
        $crate::checks! { tests $make;
            cleaning {
                records_past_their_retention_go_and_younger_ones_stay
                a_record_out_of_time_order_goes_once_it_is_old
                a_topic_without_rules_keeps_everything
                compaction_keeps_the_newest_record_of_each_key
                compaction_goes_on_where_it_stopped
                compaction_keeps_partitions_apart
                a_tombstone_goes_when_it_is_a_day_old
                a_key_written_after_its_tombstone_stays
                retention_and_compaction_work_together
                compaction_turned_on_later_reaches_back
                compaction_turned_off_and_on_keeps_the_newest
                a_tombstone_stays_once_compaction_is_off
                many_records_are_cleaned_at_once
                cleaning_again_removes_nothing_more
                no_offset_is_given_twice
                a_position_behind_the_start_goes_on_at_the_start
                a_poll_goes_on_over_holes
            }
        }
    };
}

#[cfg(test)]
mod tests {
    /// Every check must be run: the names above are compared with the functions there are.
    #[test]
    fn no_check_is_forgotten() {
        let listed = include_str!("mod.rs");
        let checks = [
            include_str!("cleaning.rs"),
            include_str!("commits.rs"),
            include_str!("groups.rs"),
            include_str!("polling.rs"),
            include_str!("reading.rs"),
            include_str!("state.rs"),
            include_str!("submitting.rs"),
            include_str!("topics.rs"),
            include_str!("waking.rs"),
        ];
        for line in checks.iter().flat_map(|file| file.lines()) {
            let Some(rest) = line.strip_prefix("pub fn ") else {
                continue;
            };
            let name = rest.split('(').next().unwrap();
            assert!(
                listed.lines().any(|line| line.trim() == name),
                "{name} is not listed"
            );
        }
    }
}
