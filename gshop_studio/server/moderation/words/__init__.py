"""What a message says: blocked words, links, spam and toxicity, weighed into one verdict. No database, no network but
the scorer's."""
