package check

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// words are what shells, jq, templates and print statements leave where a value is missing, and
// the names of the variables that hold one.
var words = []string{
	"null", "undefined", "none", "nil", "nan", "true", "false",
	"ASTRO_API_TOKEN", "ASTRO_ORGANIZATION_ID", "ASTRO_DEPLOYMENT_ID",
}

// word refuses a text that is one of the words, in any case.
func word(text string) string {
	if !slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, text) }) {
		return ""
	}
	return fmt.Sprintf("must not be %q: a script or template left that where the value is missing", text)
}

// leftovers are the characters of quotes, variables, templates, placeholders, masks and escapes,
// and of what is typed or cut by the page that a value is copied from.
const leftovers = "\"'`“”‘’" + "${}%" + "<>()[]" + "*•" + `\` + "…"

func isLeftover(r rune) bool {
	return r == utf8.RuneError || !unicode.IsPrint(r) || strings.ContainsRune(leftovers, r)
}

// isExpandable reports a character of a variable or template, where the others can be meant.
func isExpandable(r rune) bool { return strings.ContainsRune("${}", r) }

// without refuses a text that contains a refused character. It names the first and its cure, and
// what the text is to be made of if that is not "", and quotes no more of the text.
func without(text string, isRefused func(rune) bool, madeOf string) string {
	i := strings.IndexFunc(text, isRefused)
	if i < 0 {
		return ""
	}
	r, _ := utf8.DecodeRuneInString(text[i:])
	rule, colon := "must not contain "+name(r), ": "
	for _, reason := range []string{cure(r), madeOf} {
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

// cure says what a character that does not belong comes from, or what to do; "" if neither is known.
func cure(r rune) string {
	switch r {
	case '"', '\'', '`', '“', '”', '‘', '’':
		return "leave out the quotes of the shell, JSON or .env file that it comes from"
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
		return "leave out the name before it"
	case '…':
		return "it was cut short where it was copied from"
	case '\r':
		return "it is the carriage return of the header that it was cut from; strip it, for example with tr -d '\\r'"
	case '\n':
		return "it is a newline; strip it, for example with tr -d '\\n'"
	case '\ufeff':
		return "it is the byte order mark of a file; save that as UTF-8 without one"
	case utf8.RuneError:
		return "the value is not valid UTF-8, or was read from what is not"
	}
	switch {
	case unicode.IsControl(r):
		return "it is a control character"
	case unicode.IsSpace(r) && r != ' ':
		return "it is white space"
	case !unicode.IsPrint(r):
		return "it is a character that cannot be seen"
	}
	return ""
}

// longer refuses a text of more bytes than limit, without quoting it.
func longer(text string, limit int) string {
	if len(text) <= limit {
		return ""
	}
	return fmt.Sprintf("must have at most %d bytes; this one has %d", limit, len(text))
}
