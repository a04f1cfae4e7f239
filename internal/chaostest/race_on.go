//go:build race

package chaostest

// UnderRace reports whether the race detector is on, which slows tests down.
const UnderRace = true
