//! Reads just enough of Rust: code without comments and literals, and the paths in it.

/// The code with every character of comments and literals blank; lines stay where they are.
pub(super) fn without_comments_and_literals(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let in_word = code.ends_with(is_word_part);
        let blank = comment_length(rest).or_else(|| literal_length(rest, in_word));
        let (skipped, kept) = rest.split_at(blank.unwrap_or(first.len_utf8()));
        match blank {
            Some(_) => code.extend(skipped.chars().map(|c| if c == '\n' { '\n' } else { ' ' })),
            None => code.push(first),
        }
        rest = kept;
    }
    code
}

/// The paths that begin with this keyword, groups taken apart: `a::{b, c::d}` is `a::b` and `a::c::d`. Each with its line.
pub(super) fn paths_from(code: &str, keyword: &str) -> Vec<(usize, Vec<String>)> {
    let start = format!("{keyword}::");
    let mut paths = Vec::new();
    // In `super::super::a` only the first begins a path.
    for offset in words_at(code, &start)
        .into_iter()
        .filter(|offset| !code[..*offset].ends_with(':'))
    {
        let mut rest = &code[offset..];
        let line = line_of(code, offset);
        paths.extend(read_paths(&mut rest).into_iter().map(|path| (line, path)));
    }
    paths
}

/// Where the word begins in the code, as a word of its own.
pub(super) fn words_at(code: &str, word: &str) -> Vec<usize> {
    let is_whole = |offset: &usize| {
        let before = code[..*offset].chars().next_back();
        let after = code[offset + word.len()..].chars().next();
        let goes_on = word.ends_with(is_word_part) && after.is_some_and(is_word_part);
        !goes_on && !before.is_some_and(|c| is_word_part(c) || c == '$')
    };
    code.match_indices(word)
        .map(|(offset, _)| offset)
        .filter(is_whole)
        .collect()
}

/// The line of this place in the text, counted from 1.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

fn read_paths(rest: &mut &str) -> Vec<Vec<String>> {
    *rest = rest.trim_start();
    if let Some(group) = rest.strip_prefix('{') {
        *rest = group;
        return read_group(rest);
    }
    let end = rest.find(|c| !is_word_part(c)).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    *rest = after.trim_start();
    let Some(after) = rest.strip_prefix("::") else {
        return vec![vec![name.to_owned()]];
    };
    *rest = after;
    let mut paths = read_paths(rest);
    for path in &mut paths {
        path.insert(0, name.to_owned());
    }
    paths
}

fn read_group(rest: &mut &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    loop {
        paths.extend(read_paths(rest));
        // What is left of one member: `as name` or `*`.
        let end = rest.find([',', '}']).unwrap_or(rest.len());
        let closed = !rest[end..].starts_with(',');
        *rest = rest.get(end + 1..).unwrap_or_default();
        if closed {
            return paths;
        }
    }
}

fn comment_length(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let inside = rest.strip_prefix("/*")?;
    Some(inside.find("*/").map_or(rest.len(), |end| end + 4))
}

fn literal_length(rest: &str, in_word: bool) -> Option<usize> {
    if let Some(inside) = rest.strip_prefix('"') {
        return Some(1 + escaped_length(inside, '"'));
    }
    if let Some(inside) = rest.strip_prefix('\'') {
        // A lifetime has no closing quote after one character.
        let character = inside.starts_with('\\') || inside.chars().nth(1) == Some('\'');
        return character.then(|| 1 + escaped_length(inside, '\''));
    }
    let raw = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'));
    let inside = raw.filter(|_| !in_word)?;
    let hashes = &inside[..inside.len() - inside.trim_start_matches('#').len()];
    let text = inside[hashes.len()..].strip_prefix('"')?;
    let close = format!("\"{hashes}");
    let opening = rest.len() - text.len();
    Some(
        text.find(&close)
            .map_or(rest.len(), |end| opening + end + close.len()),
    )
}

/// The length up to and with the closing quote.
fn escaped_length(inside: &str, quote: char) -> usize {
    let mut escaped = false;
    for (offset, c) in inside.char_indices() {
        if c == quote && !escaped {
            return offset + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    inside.len()
}

fn is_word_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::{paths_from, without_comments_and_literals as code};

    #[test]
    fn comments_and_literals_are_blank_and_lines_stay() {
        assert_eq!(code("a // b\nc /* d\n e */ f"), "a     \nc     \n      f");
        assert_eq!(
            code(r#"x("a \" // b", '"', 'c');"#).replace(' ', ""),
            "x(,,);"
        );
        assert_eq!(code("r#\"a \" b\"# c 'static d").trim(), "c 'static d");
        assert_eq!(code("br\"\\\" x").trim(), "x");
    }

    #[test]
    fn groups_of_paths_are_taken_apart() {
        let text = "x\nuse crate::{a, b::{c, d as e}, f::*};\nfn g() { crate::h::i() }";
        let paths: Vec<String> = paths_from(text, "crate")
            .iter()
            .map(|(line, path)| format!("{line} {}", path.join("::")))
            .collect();
        assert_eq!(
            paths,
            [
                "2 crate::a",
                "2 crate::b::c",
                "2 crate::b::d",
                "2 crate::f::",
                "3 crate::h::i"
            ]
        );
    }
}
