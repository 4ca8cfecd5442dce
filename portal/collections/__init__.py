"""What is asked of many units by a day, whatever it is: who has answered, who is urged, who is reminded."""
