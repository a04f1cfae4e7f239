package wrapper

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// joined is a text and what is added to it, if there is any.
func joined(text, added string) string {
	if text == "" || added == "" {
		return text + added
	}
	return text + "; " + added
}

// afterAttempts says how often a request was made, if that was more than once.
func afterAttempts(attempts int, elapsed time.Duration) string {
	if attempts <= 1 {
		return ""
	}
	return fmt.Sprintf(" after %d attempts in %v", attempts, elapsed.Round(time.Millisecond))
}

// statusText is like "404 Not Found".
func statusText(status int) string {
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}

// oneLine keeps what the service wrote from forging lines of a log.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
