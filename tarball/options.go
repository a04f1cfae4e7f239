package tarball

import (
	"fmt"
	"path"
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

// Option changes one thing about how a folder is packed; see [Dir] and [FS].
type Option func(*config) error

// config is what the options fill.
type config struct {
	folder     string // as it was given, for errors
	isFS       bool   // and no folder of the operating system
	prefix     string // cleaned; "" for none
	prefixSet  bool   // by the option
	rules      []rule
	level      int
	allowEmpty bool
	modTime    time.Time
	maxSize    int64 // of the tarball
}

func newConfig(folder, prefix string, options []Option) (*config, error) {
	cfg := &config{folder: folder, level: Default, maxSize: maxSize}
	for _, option := range options {
		if option == nil {
			return nil, &Error{Field: "options", Rule: "must not hold a nil Option"}
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

// Prefix puts the entries below prefix, such as "dags" or "a/b", in place of what the upload
// says; "" puts them below none, which Airflow 3 projects may want for their DAGs.
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
		rule = "must not hold a control character"
	case strings.Contains(prefix, `\`):
		rule = "must be written with slashes, like dags/reports"
	case path.IsAbs(prefix) || cleaned == ".." || strings.HasPrefix(cleaned, "../"):
		rule = `must be a path within the tarball, like dags, or "" for none`
	case cleaned == ".":
		return "", nil
	default:
		return cleaned, nil
	}
	return "", &Error{Field: option, Rule: fmt.Sprintf("%s (it is %s)", rule, quote(prefix))}
}

// Ignore leaves out what the patterns match, which are lines of a .gitignore that lies in the
// folder: later ones outrank earlier ones, "!" takes back, "/" at the end is for directories
// only, and what lies below a directory that is left out cannot be taken back. A pattern may
// hold several lines, so that Ignore(string(content)) takes a whole file. Given more than
// once, the patterns add up.
//
// It differs from git in this: upper and lower case differ on every system, "?" and "[…]" match
// a character and not a byte, and a pattern is an error that git would take for one that never
// matches, or that has an empty name, as in a//b, or a range that runs backwards, as in [z-a].
func Ignore(patterns ...string) Option {
	return func(cfg *config) error {
		rules, err := parseRules(patterns)
		cfg.rules = append(cfg.rules, rules...)
		return err
	}
}

// Level sets how much is compressed: 1 ([Fastest]) to 9 ([Smallest]). [Default] is 5, which
// takes a little more room than gzip does by default, and a fraction of its time.
func Level(level int) Option {
	return func(cfg *config) error {
		if level < Fastest || level > Smallest {
			return &Error{Field: "Level", Rule: fmt.Sprintf("must be %d to %d (it is %d)", Fastest, Smallest, level)}
		}
		cfg.level = level
		return nil
	}
}

// AllowEmpty packs a folder that holds no file, too. Mind that deploying it deletes every
// DAG of the Deployment, or all that a bundle holds.
func AllowEmpty() Option {
	return func(cfg *config) error {
		cfg.allowEmpty = true
		return nil
	}
}
