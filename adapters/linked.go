package adapters

// Linked is the optional ability to say whether the platform is reached now, so
// that messages can come in. An adapter that people reach by themselves, such as
// a page, has no need of it.
type Linked interface {
	// Linked does not wait and asks nobody.
	Linked() bool
}
