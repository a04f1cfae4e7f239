package tarball

import (
	"errors"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"
	"unicode"
)

// ErrEmpty says that there is no file to pack, or none that can contain a DAG. It is for [errors.Is]; the
// error itself is an [*Error]. [AllowEmpty] turns the check off.
var ErrEmpty = errors.New("deploying it would delete all DAGs, or the whole content of the bundle; check the folder and the patterns, or pass AllowEmpty() if that is intended")

// Error says why a folder could not be packed. No file is left behind.
type Error struct {
	// Path is the invalid file or directory, relative to the folder and with slashes, such as
	// "reports/daily.py", or the folder itself as it was passed. It is empty if Field is set.
	Path string
	// Field is the invalid option or parameter, such as Prefix, or empty.
	Field string
	// Rule is what is wrong and what to do.
	Rule string
	// Err is the cause, such as an error of [io/fs], or nil.
	Err error
}

// Error returns one line, whatever characters the names contain.
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

// Unwrap returns the cause, in which [errors.Is] finds errors such as [fs.ErrPermission].
func (e *Error) Unwrap() error { return e.Err }

// LogValue implements [slog.LogValuer].
func (e *Error) LogValue() slog.Value {
	if e.Field != "" {
		return slog.GroupValue(slog.String("error", e.Error()), slog.String("field", e.Field))
	}
	return slog.GroupValue(slog.String("error", e.Error()), slog.String("path", shorten(e.Path)))
}

// cause returns the text of err without the path, which the message already has.
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

// maxShown is how many bytes of a name, a path or a target an error shows.
const maxShown = 300

// quote returns a quoted and shortened text for an error, in one line. A backslash is not doubled, so that a
// path of Windows is shown as it is.
func quote(text string) string {
	return strings.ReplaceAll(strconv.Quote(shorten(text)), `\\`, `\`)
}

// shorten removes the middle of a long text.
func shorten(text string) string {
	if len(text) <= maxShown {
		return text
	}
	start, end := text[:maxShown/2], text[len(text)-maxShown/2:]
	return strings.ToValidUTF8(start, "") + " … " + strings.ToValidUTF8(end, "")
}
