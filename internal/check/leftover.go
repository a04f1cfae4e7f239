package check

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// words are what shells, jq, templates and print statements produce for a missing value, and the names
// of the environment variables.
var words = []string{
	"null", "undefined", "none", "nil", "nan", "true", "false",
	"ASTRO_API_TOKEN", "ASTRO_ORGANIZATION_ID", "ASTRO_DEPLOYMENT_ID",
}

// word rejects a text that is one of the words, in any case.
func word(text string) string {
	if !slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, text) }) {
		return ""
	}
	return fmt.Sprintf("must not be %q: a script or template produced it for a missing value", text)
}

// leftovers are the characters of quotes, variables, templates, placeholders, masks, escapes and
// truncated text, which are often copied together with a value.
const leftovers = "\"'`“”‘’" + "${}%" + "<>()[]" + "*•" + `\` + "…"

func isLeftover(r rune) bool {
	return r == utf8.RuneError || !unicode.IsPrint(r) || strings.ContainsRune(leftovers, r)
}

// isExpandable reports whether a character belongs to a variable or template. It is for values that may
// contain the other leftovers.
func isExpandable(r rune) bool { return strings.ContainsRune("${}", r) }

// without rejects a text that contains an invalid character. The rule names the first one, what to do
// about it, and the valid characters if allowed is not "". It quotes no more of the text.
func without(text string, isInvalid func(rune) bool, allowed string) string {
	i := strings.IndexFunc(text, isInvalid)
	if i < 0 {
		return ""
	}
	r, _ := utf8.DecodeRuneInString(text[i:])
	rule, colon := "must not contain "+name(r), ": "
	reason := advice(r)
	if strings.HasPrefix(text[i:], "://") {
		reason = "it looks like a URL"
	}
	for _, reason := range []string{reason, allowed} {
		if reason != "" {
			rule, colon = rule+colon+reason, "; "
		}
	}
	return rule
}

func name(r rune) string {
	switch {
	case r == ' ':
		return "a space"
	case !unicode.IsPrint(r) || r == utf8.RuneError:
		return fmt.Sprintf("%U", r)
	case r == '"':
		return `'"'`
	}
	return `"` + string(r) + `"`
}

// advice says where an invalid character comes from or what to do about it. It returns "" if neither is
// known.
func advice(r rune) string {
	switch r {
	case '"', '\'', '`', '“', '”', '‘', '’':
		return "remove the quotes of the shell, JSON or .env file"
	case '$', '{', '}':
		return "it looks like a variable or template that was not expanded"
	case '%':
		return "it looks like a variable that was not expanded, or is URL-encoded"
	case '<', '>', '(', ')', '[', ']':
		return "it looks like a placeholder"
	case '*', '•':
		return "it looks masked, as CI shows a secret in its logs"
	case '\\':
		return "it looks escaped; pass it unescaped"
	case ':', '=':
		return "remove the name before it"
	case '…':
		return "it was copied from truncated text"
	case '\r':
		return "it is a carriage return; strip it, for example with tr -d '\\r'"
	case '\n':
		return "it is a newline; strip it, for example with tr -d '\\n'"
	case '\ufeff':
		return "it is the byte order mark of a file; save the file as UTF-8 without one"
	case utf8.RuneError:
		return "the value or its source is not valid UTF-8"
	}
	switch {
	case unicode.IsControl(r):
		return "it is a control character"
	case unicode.IsSpace(r) && r != ' ':
		return "it is white space"
	case !unicode.IsPrint(r):
		return "it is an invisible character"
	}
	return ""
}

// longer rejects a text of more bytes than limit, without quoting it.
func longer(text string, limit int) string {
	if len(text) <= limit {
		return ""
	}
	return fmt.Sprintf("must have at most %d bytes; this one has %d", limit, len(text))
}
