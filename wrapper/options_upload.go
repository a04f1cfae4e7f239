package wrapper

import "time"

// WithStallTimeout sets how long an upload may go without the transport taking a byte of it
// before the attempt is given up as stalled and another one made; once the last byte is taken,
// the answer has five times as long. The default is two minutes, and 0 means that only
// the context ends it. There is no other bound on an upload: slow uplinks are normal. Buffers
// on the way take bytes in steps of a megabyte or more, so leave the time that these need.
func WithStallTimeout(timeout time.Duration) Option {
	return func(cfg *config) error {
		if timeout < 0 {
			return &ValidationError{Field: "stallTimeout", Value: timeout.String(), Rule: "must not be negative; 0 turns it off"}
		}
		cfg.stallTimeout = timeout
		return nil
	}
}

// UploadOption changes one thing about an upload, be it one of [Client.Upload] or within a
// deploy; it is a [DeployOption], too.
type UploadOption func(*uploadSettings) error

type uploadSettings struct {
	progress func(sent, total int64)
}

// WithProgress has progress called as an upload goes on, with the bytes that were sent so far
// and all that there are. An attempt that is repeated begins at 0 again. The calls come one
// after the other, from another goroutine, and hold the upload up until they return, so that
// one that blocks must end with the context; none comes after the upload has ended.
func WithProgress(progress func(sent, total int64)) UploadOption {
	return func(settings *uploadSettings) error {
		if progress == nil {
			return &ValidationError{Field: "progress", Rule: "must not be nil"}
		}
		settings.progress = progress
		return nil
	}
}

func uploadSettingsOf(options []UploadOption) (settings uploadSettings, err error) {
	for _, option := range options {
		if err := option.apply(&settings, nil); err != nil {
			return settings, err
		}
	}
	return settings, nil
}
