package postgres

// Numbers is what the locks of a turn are in the database.
var Numbers = numbers
