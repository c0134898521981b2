//! The side of a task that writes.

use super::Shared;
use super::apply::{Author, Plan};
use super::state::LargeValues;
use super::task::Input;
use crate::{Commit, Error, TaskId, background};
use std::sync::Arc;

/// What a task's commits need to know.
#[derive(Debug)]
pub(super) struct Committer {
    pub(super) id: TaskId,
    /// The task's row.
    pub(super) task: i64,
    pub(super) epoch: i64,
    pub(super) inputs: Vec<Input>,
    pub(super) large: LargeValues,
    pub(super) shared: Arc<Shared>,
}

impl background::Committer for Committer {
    fn commit(&mut self, commit: &Commit) -> Result<(), Error> {
        let author = Author {
            id: &self.id,
            task: self.task,
            epoch: self.epoch,
            inputs: &self.inputs,
            large: &self.large,
        };
        let moved = {
            let mut writer = self.shared.writer.lock();
            let plan = Plan::new(commit, &author, &self.shared.catalog.read())?;
            plan.execute(&author, &mut writer, &self.shared.file)?
        };
        self.large.moved(moved);
        for offset in &commit.offsets {
            if let Some(input) = self
                .inputs
                .iter_mut()
                .find(|input| input.name == offset.topic)
            {
                input.committed = Some(offset.next);
            }
        }
        if !commit.is_empty() {
            self.shared.signal.committed();
        }
        Ok(())
    }
}
