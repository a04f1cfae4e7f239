package tarball

import (
	"fmt"
	"path"
	"runtime"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Levels of compression, for [Level].
const (
	Fastest  = 1
	Default  = 5
	Smallest = 9
)

// Option configures [Dir] or [FS].
type Option func(*config) error

type config struct {
	folder     string // as it was passed, for errors
	isFS       bool   // for FS, not Dir
	onWindows  bool
	prefix     string // cleaned; "" for none
	prefixSet  bool   // by the option
	rules      []rule
	level      int
	allowEmpty bool
	modTime    time.Time
	maxSize    int64 // of the tarball
}

func newConfig(folder, prefix string, options []Option) (*config, error) {
	cfg := &config{folder: folder, onWindows: runtime.GOOS == "windows", level: Default, maxSize: maxSize}
	for _, option := range options {
		if option == nil {
			return nil, &Error{Field: "options", Rule: "must not contain a nil Option"}
		}
		if err := option(cfg); err != nil {
			return nil, err
		}
	}
	var err error
	if cfg.modTime.IsZero() {
		cfg.modTime, err = defaultModTime()
	}
	if err == nil && !cfg.prefixSet {
		cfg.prefix, err = cleanPrefix("prefix", prefix)
	}
	return cfg, err
}

// Prefix packs the entries below prefix, such as "dags" or "a/b", and overrides the prefix of
// [Source.Pack]. An empty prefix packs them at the top level, as Airflow 3 projects may need for DAGs.
func Prefix(prefix string) Option {
	return func(cfg *config) (err error) {
		cfg.prefix, err = cleanPrefix("Prefix", prefix)
		cfg.prefixSet = true
		return err
	}
}

func cleanPrefix(option, prefix string) (string, error) {
	cleaned := path.Clean(prefix)
	var rule string
	switch {
	case !utf8.ValidString(prefix):
		rule = "must be UTF-8"
	case strings.ContainsFunc(prefix, unicode.IsControl):
		rule = "must not contain a control character"
	case strings.Contains(prefix, `\`):
		rule = "must use slashes, like dags/reports"
	case path.IsAbs(prefix) || cleaned == ".." || strings.HasPrefix(cleaned, "../"):
		rule = `must be a path within the tarball, like dags, or "" for none`
	case cleaned == ".":
		return "", nil
	default:
		return cleaned, nil
	}
	return "", &Error{Field: option, Rule: fmt.Sprintf("%s (got %s)", rule, quote(prefix))}
}

// Ignore excludes what the patterns match. The patterns work like the lines of a .gitignore in the
// folder: later ones override earlier ones, "!" includes again, "/" at the end matches only directories,
// and nothing below an excluded directory can be included again. A pattern may have several lines, so
// Ignore(string(content)) applies a whole file. The patterns of several Ignore options add up.
//
// Unlike in git, patterns are case-sensitive on every system, and "?" and "[…]" match a character, not a
// byte. A pattern that can never match is an error, as is one with an empty name, as in a//b, or with a
// reversed range, as in [z-a]. A backslash escapes and never separates names. On Windows it is an error where
// it can only be meant as a separator, as in sub\*.csv and logs\; it may escape "#", "[", "]", a space within a
// name, and "!" at the start.
func Ignore(patterns ...string) Option {
	return func(cfg *config) error {
		rules, err := parseRules(patterns, cfg.onWindows)
		cfg.rules = append(cfg.rules, rules...)
		return err
	}
}

// Level sets the compression level, from 1 ([Fastest]) to 9 ([Smallest]). [Default] is 5: the tarball is
// a little larger than with gzip's default, and takes a fraction of the time.
func Level(level int) Option {
	return func(cfg *config) error {
		if level < Fastest || level > Smallest {
			return &Error{Field: "Level", Rule: fmt.Sprintf("must be %d to %d (got %d)", Fastest, Smallest, level)}
		}
		cfg.level = level
		return nil
	}
}

// AllowEmpty turns off the check for [ErrEmpty]. Deploying an empty folder deletes all DAGs of the
// Deployment, or the whole content of the bundle.
func AllowEmpty() Option {
	return func(cfg *config) error {
		cfg.allowEmpty = true
		return nil
	}
}
