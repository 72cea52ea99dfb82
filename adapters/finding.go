package adapters

// Level is how much a Finding matters.
type Level int

// Blocking: the bot cannot work or breaks a promise. Warning: the municipality
// must decide or mend. Note: good to know, or done.
const (
	Note Level = iota
	Warning
	Blocking
)

// Finding is something that was found or done on a live platform: the id of a
// text, and what goes in it. As an error it is what an admin can mend.
type Finding struct {
	Level Level
	ID    string
	Args  map[string]any
}

// Found is a finding with what goes in its text: names and values, in turn.
func Found(l Level, id string, args ...string) Finding {
	f := Finding{Level: l, ID: id, Args: map[string]any{}}
	for i := 0; i+1 < len(args); i += 2 {
		f.Args[args[i]] = args[i+1]
	}
	return f
}

// Error implements error. It holds no name.
func (f Finding) Error() string { return "adapters: found " + f.ID }

// Named is somebody with a right on a platform: his id there, and the name to
// call him by.
type Named struct{ ID, Name string }
