//! Touchpoints that the model does not know by itself.

use crate::support::{Folder, QUICK, REVIEWS, brands};
use serde_json::Value;
use std::collections::BTreeMap;

const LOUNGE: &str = r#"
[[touchpoint]]
id = "lounge"
owner = "locations"
stage = "use"
query = 'lounge* NOT "lounge music"'
"#;

const ALLERGENS: &str = r#"
[[touchpoint]]
id = "allergens"
owner = "legal"
stage = "use"
examples = [
  "no list of allergens anywhere in the shop",
  "asked whether there are nuts in it and nobody knew",
  "the waiter said gluten free and it was not, my coeliac daughter was ill",
  "my son is allergic to peanuts and the label does not mention them",
  "please print allergens on the menu, I cannot eat dairy",
  "they swapped the recipe and now it contains soy without saying so",
  "finally a place that takes my nut allergy seriously",
  "which of your cakes are without egg? I have an allergy",
  "sesame was not on the ingredient list, ended up with hives",
  "the staff checked every ingredient for my lactose intolerance",
  "no gluten free option and cross contamination everywhere",
  "allergy information on the website is out of date",
]
"#;

/// Each item's touchpoints, as its mention has them.
fn touchpoints(folder: &Folder) -> BTreeMap<String, Vec<String>> {
    let ids = |mention: &Value| {
        let list = mention["touchpoints"].as_array().into_iter().flatten();
        list.map(|t| t["touchpoint"].as_str().unwrap().to_owned())
            .collect()
    };
    let mentions = folder.observed();
    let item = |mention: &Value| mention["item"]["native_id"].as_str().unwrap().to_owned();
    mentions
        .iter()
        .map(|mention| (item(mention), ids(mention)))
        .collect()
}

#[test]
fn a_touchpoint_with_a_query_holds_where_the_query_does() {
    let folder = Folder::new(&format!("{QUICK}{}{REVIEWS}{LOUNGE}", brands(&["acme"])));
    folder.write(
        "reviews.csv",
        "id,who,created,text,stars\n\
         1,ann,1772359200,The Acme lounge was full,3\n\
         2,bob,1772359201,Acme plays lounge music,3\n\
         3,cyd,1772359202,Acme lost my bag,1\n",
    );
    folder.hark(&["import", "reviews.csv"]);
    let found = touchpoints(&folder);
    let has = |item: &str| found[item].iter().any(|id| id == "lounge");
    assert_eq!(
        [has("1"), has("2"), has("3")],
        [true, false, false],
        "{found:?}"
    );
    let probability = &folder.observed()[0]["touchpoints"][0]["probability"];
    assert_eq!(probability.as_f64(), Some(1.0));
}

#[test]
fn a_touchpoint_with_examples_is_learnt_from_them_and_check_says_how_well() {
    let folder = Folder::new(&format!("{QUICK}{}{REVIEWS}{ALLERGENS}", brands(&["acme"])));
    folder.write(
        "reviews.csv",
        "id,who,created,text,stars\n\
         1,ann,1772359200,Acme could not tell me if the soup has nuts in it and I am allergic,1\n\
         2,bob,1772359201,My parcel from Acme is three days late,1\n\
         3,cyd,1772359202,Lovely staff at Acme,5\n",
    );
    folder.hark(&["import", "reviews.csv"]);
    let found = touchpoints(&folder);
    let has = |item: &str| found[item].iter().any(|id| id == "allergens");
    assert_eq!(
        [has("1"), has("2"), has("3")],
        [true, false, false],
        "{found:?}"
    );
    let told = folder.hark(&["check"]);
    assert!(
        told.contains("touchpoint allergens: ") && told.contains(" of its 12 examples"),
        "{told}"
    );
}

#[test]
fn what_is_wrong_with_a_touchpoint_is_said_with_its_name() {
    for (section, problem) in [
        ("id = \"lounge\"\nquery = 'a OR'", "its query is wrong"),
        (
            "id = \"lounge\"\nexamples = [\"one\", \"one\"]",
            "1 different examples",
        ),
        (
            "id = \"price\"\nquery = 'fee'",
            "the model tells this one itself",
        ),
    ] {
        let section = format!("[[touchpoint]]\nowner = \"x\"\nstage = \"use\"\n{section}\n");
        let folder = Folder::new(&format!("{QUICK}{}{REVIEWS}{section}", brands(&["acme"])));
        let (code, said) = folder.refusal(&["check"]);
        assert_eq!(code, 1, "{said}");
        assert!(
            said.contains(problem) && said.contains("touchpoint \""),
            "{problem}: {said}"
        );
    }
}
