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

// wordsOf is what an answer says: its message or, if it has none, what its body begins with.
func wordsOf(message, body string) string {
	switch {
	case message != "":
		return fmt.Sprintf(": %.1000s", message)
	case body != "":
		return fmt.Sprintf(": %.200q", body)
	}
	return ""
}

// afterwards is what is of use after an answer: the name of the request, and when to try again.
func afterwards(requestID string, retryAfter time.Duration) (text string) {
	if requestID != "" {
		text = fmt.Sprintf(" [request %.100s]", requestID)
	}
	if retryAfter > 0 {
		text += fmt.Sprintf("; it asks to wait %v", retryAfter.Round(time.Second))
	}
	return text
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
