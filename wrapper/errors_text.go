package wrapper

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
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

// wordsOf is what a response says: its message or, if it has none, what its body begins with.
func wordsOf(message, body string) string {
	switch {
	case message != "":
		return fmt.Sprintf(": %.1000s", message)
	case body != "":
		return fmt.Sprintf(": %.200q", body)
	}
	return ""
}

// afterwards is what is of use after a response: the name of the request, and when to try again.
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

// effect says what it means that a request may have been carried out. A finalize has an error of
// its own for that.
func effect(operation string, mayHaveTakenEffect bool) string {
	switch {
	case !mayHaveTakenEffect, operation == opFinalizeDeploy:
		return ""
	case operation == opCreateDeploy:
		return "a deploy may have been created; it changes nothing unless it is finalized, so another can be created"
	}
	return "the request may have taken effect"
}
