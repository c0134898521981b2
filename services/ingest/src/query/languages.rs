//! Language codes: ISO 639-1 to ISO 639-3.

use super::ast::Language;

/// ISO 639-1 codes and the ISO 639-3 codes they stand for. Where the first is a macrolanguage,
/// the members that detectors name follow it.
const CODES: &str = "\
aa aar|ab abk|ae ave|af afr|ak aka|am amh|an arg|ar ara arb|as asm|av ava|ay aym|az aze azj azb|\
ba bak|be bel|bg bul|bi bis|bm bam|bn ben|bo bod|br bre|bs bos|ca cat|ce che|ch cha|co cos|cr cre|\
cs ces|cu chu|cv chv|cy cym|da dan|de deu|dv div|dz dzo|ee ewe|el ell|en eng|eo epo|es spa|\
et est ekk|eu eus|fa fas pes prs|ff ful|fi fin|fj fij|fo fao|fr fra|fy fry|ga gle|gd gla|gl glg|\
gn grn|gu guj|gv glv|ha hau|he heb|hi hin|ho hmo|hr hrv|ht hat|hu hun|hy hye|hz her|ia ina|id ind|\
ie ile|ig ibo|ii iii|ik ipk|io ido|is isl|it ita|iu iku|ja jpn|jv jav|ka kat|kg kon|ki kik|kj kua|\
kk kaz|kl kal|km khm|kn kan|ko kor|kr kau|ks kas|ku kur kmr ckb|kv kom|kw cor|ky kir|la lat|lb ltz|\
lg lug|li lim|ln lin|lo lao|lt lit|lu lub|lv lav lvs|mg mlg plt|mh mah|mi mri|mk mkd|ml mal|\
mn mon khk|mr mar|ms msa zsm|mt mlt|my mya|na nau|nb nob|nd nde|ne nep npi|ng ndo|nl nld|nn nno|\
no nor nob nno|nr nbl|nv nav|ny nya|oc oci|oj oji|om orm|or ori ory|os oss|pa pan|pi pli|pl pol|\
ps pus pbt|pt por|qu que|rm roh|rn run|ro ron|ru rus|rw kin|sa san|sc srd|sd snd|se sme|sg sag|\
si sin|sk slk|sl slv|sm smo|sn sna|so som|sq sqi als|sr srp|ss ssw|st sot|su sun|sv swe|sw swa swh|\
ta tam|te tel|tg tgk|th tha|ti tir|tk tuk|tl tgl fil|tn tsn|to ton|tr tur|ts tso|tt tat|tw twi|\
ty tah|ug uig|uk ukr|ur urd|uz uzb uzn|ve ven|vi vie|vo vol|wa wln|wo wol|xh xho|yi yid ydd|\
yo yor|za zha|zh zho cmn yue|zu zul";

fn rows() -> impl Iterator<Item = (&'static str, Vec<[u8; 3]>)> {
    CODES.split('|').filter_map(|row| {
        let (short, long) = row.split_once(' ')?;
        Some((short, long.split(' ').filter_map(three).collect()))
    })
}

fn three(code: &str) -> Option<[u8; 3]> {
    code.as_bytes().try_into().ok()
}

/// Reads `en` or `eng`; `None` when no such language is known.
pub(super) fn language(code: &str) -> Option<Language> {
    let code = code.to_ascii_lowercase();
    let accepts = match code.len() {
        2 => rows().find(|(short, _)| *short == code)?.1,
        3 => {
            let wanted = three(&code)?;
            // The head of a row is a macrolanguage and brings its members with it.
            match rows().find(|(_, long)| long.first() == Some(&wanted)) {
                Some((_, long)) => long,
                None => rows()
                    .find(|(_, long)| long.contains(&wanted))
                    .map(|_| vec![wanted])?,
            }
        }
        _ => return None,
    };
    Some(Language { code, accepts })
}

/// Languages as documents carry them, to three letters; built once per query set.
#[derive(Clone, Debug)]
pub(super) struct Languages(Vec<([u8; 2], [u8; 3])>);

impl Languages {
    pub(super) fn new() -> Self {
        let mut table: Vec<([u8; 2], [u8; 3])> = rows()
            .filter_map(|(short, long)| Some((short.as_bytes().try_into().ok()?, *long.first()?)))
            .collect();
        table.sort_unstable();
        Self(table)
    }

    /// The three-letter code of `en`, `eng`, `en-GB` or `EN`; `None` for anything else.
    pub(super) fn of(&self, tag: &str) -> Option<[u8; 3]> {
        let code = tag.split(['-', '_']).next()?.as_bytes();
        if let Ok(code) = <[u8; 3]>::try_from(code) {
            return Some(code.map(|c| c.to_ascii_lowercase()));
        }
        let code = <[u8; 2]>::try_from(code)
            .ok()?
            .map(|c| c.to_ascii_lowercase());
        let at = self.0.binary_search_by_key(&code, |row| row.0).ok()?;
        Some(self.0[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_standards_name_the_same_language() {
        let accepts = |code| language(code).expect("a known code").accepts;
        assert_eq!(accepts("EN"), accepts("eng"));
        assert!(accepts("zh").contains(b"cmn") && accepts("zho").contains(b"cmn"));
        assert_eq!(accepts("nb"), [*b"nob"]);
        assert_eq!(accepts("cmn"), [*b"cmn"]);
    }

    #[test]
    fn every_language_the_detector_can_name_can_be_asked_for() {
        for lang in whatlang::Lang::all() {
            assert!(language(lang.code()).is_some(), "{lang:?} is missing");
        }
    }

    #[test]
    fn tags_of_documents_are_read_by_their_first_part() {
        let languages = Languages::new();
        assert_eq!(languages.of("pt-BR"), Some(*b"por"));
        assert_eq!(languages.of("cmn"), Some(*b"cmn"));
        assert_eq!(languages.of("english"), None);
        assert_eq!(languages.of(""), None);
    }
}
