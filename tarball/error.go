package tarball

import (
	"errors"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"
	"unicode"
)

// ErrEmpty says that there is nothing to pack, or nothing that a DAG can be in, for [errors.Is]; the error
// itself is an [*Error]. [AllowEmpty] makes it none.
var ErrEmpty = errors.New("deploying that would delete every DAG, or all that the bundle holds; check the folder and the patterns, or pass AllowEmpty() if that is meant")

// Error says why there is no tarball. Nothing is left behind.
type Error struct {
	// Path is what is at fault: below the folder and with slashes, such as
	// "reports/daily.py", or the folder itself as it was given. It is empty if an option or a
	// parameter is at fault.
	Path string
	// Field is the option or the parameter at fault, such as Prefix, else empty.
	Field string
	// Rule is what is wrong, and what to do.
	Rule string
	// Err is the cause, such as one of [io/fs], or nil.
	Err error
}

// Error is one line, whatever the names hold.
func (e *Error) Error() string {
	text := e.Field + " " + e.Rule
	if e.Field == "" {
		text = quote(e.Path) + " " + e.Rule
	}
	if e.Err == nil {
		return text
	}
	return text + ": " + cause(e.Err)
}

// Unwrap returns the cause, such as [fs.ErrPermission] somewhere below.
func (e *Error) Unwrap() error { return e.Err }

// LogValue implements [slog.LogValuer].
func (e *Error) LogValue() slog.Value {
	if e.Field != "" {
		return slog.GroupValue(slog.String("error", e.Error()), slog.String("field", e.Field))
	}
	return slog.GroupValue(slog.String("error", e.Error()), slog.String("path", shorten(e.Path)))
}

// cause is what err says without the path, which is in the text already.
func cause(err error) string {
	var ofPath *fs.PathError
	if errors.As(err, &ofPath) {
		err = ofPath.Err
	}
	return shorten(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, err.Error()))
}

// maxShown is how many bytes of a name, a path or a target stand in an error's text.
const maxShown = 300

// quote is text for an error's: in quotes, on one line and not too long.
func quote(text string) string { return strconv.Quote(shorten(text)) }

// shorten leaves out the middle of a long text.
func shorten(text string) string {
	if len(text) <= maxShown {
		return text
	}
	start, end := text[:maxShown/2], text[len(text)-maxShown/2:]
	return strings.ToValidUTF8(start, "") + " … " + strings.ToValidUTF8(end, "")
}
