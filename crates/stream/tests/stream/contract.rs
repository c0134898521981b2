//! The suite every log passes.

use hark_stream::contract::Subject;

fn make() -> Subject {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Subject::new(super::open(folder.path()), folder)
}

hark_stream::contract_tests!(make);
hark_stream::cleaning_tests!(make);
